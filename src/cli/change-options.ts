/** Options that change calls. */

import { readDenial } from './deny.ts'
import { faultsOption } from './faults.ts'
import { readInjection } from './inject.ts'
import type { CliOption } from './options.ts'
import { prefixOf } from './values.ts'

export const changeOptions: readonly CliOption[] = [
  {
    group: 'Changing calls',
    long: ['deny'],
    completes: 'deny',
    argument: 'required',
    value: 'SET[:KEY=VALUE…][:ERRNO]',
    help:
      'Let these calls fail, with EPERM unless ERRNO says otherwise. Repeatable. They are shown as (INJECTED). SET can be network: ' +
      'all ways to it. Conditions (path= and the others below) follow the set, or stand without one: path=/etc/**:EROFS.',
    apply: (settings, value, spelled) => void settings.deny.push(readDenial(value, prefixOf(spelled))),
  },
  {
    group: 'Changing calls',
    long: ['inject'],
    qualifiers: ['inject'],
    completes: 'inject',
    argument: 'required',
    value: 'SET:KEY=VALUE…',
    help:
      'Change these calls, if they are traced, as the keys below say: write:error=ENOSPC:when=3. Repeatable; a later one replaces an ' +
      'earlier one for the calls of both, unless it has keys that strace has not: then they are tried in their order.',
    apply: (settings, value, spelled) => void settings.inject.push(readInjection(value, 'inject', prefixOf(spelled))),
  },
  {
    group: 'Changing calls',
    long: ['fault'],
    qualifiers: ['fault'],
    completes: 'fault',
    argument: 'required',
    value: 'SET[:KEY=VALUE…]',
    help: 'The same for calls that fail, with ENOSYS unless error= says otherwise.',
    apply: (settings, value, spelled) => void settings.inject.push(readInjection(value, 'fault', prefixOf(spelled))),
  },
  {
    group: 'Changing calls',
    long: ['policy'],
    completes: 'files',
    argument: 'required',
    value: 'FILE',
    help:
      'Deny and change calls, traced or not, as this JSON file says. Repeatable. Its format is in schema/policy-1.json and in ' +
      'docs/cli.md.',
    apply: (settings, value) => void settings.policyFiles.push(value),
  },
  faultsOption,
]
