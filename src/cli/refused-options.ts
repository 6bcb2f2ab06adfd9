/** What strace 7.2 has and syscope has not: each is refused by its name, with the reason, so that nobody takes it for a typing error. */

import type { CliOption } from './options.ts'
import { ValueError } from './values.ts'

type Refused = Pick<CliOption, 'short' | 'long' | 'qualifiers' | 'argument'> & { readonly because: string }

const refused: readonly Refused[] = [
  {
    short: 'k',
    long: ['stack-trace', 'stack-traces'],
    argument: 'optional',
    because: 'stack traces are not supported, as syscope does not read debugging information of programs',
  },
  {
    long: ['stack-trace-frame-limit'],
    argument: 'required',
    because: 'stack traces are not supported, as syscope does not read debugging information of programs',
  },
  {
    short: 'd',
    long: ['debug'],
    because: 'the tracer writes no messages about its own work; --doctor tells what this machine allows',
  },
  {
    short: 'F',
    because: 'an old word of strace for -f, which says the same',
  },
  {
    long: ['kvm'],
    qualifiers: ['kvm'],
    argument: 'required',
    because: 'exits of virtual processors are not decoded',
  },
  {
    long: ['namespace'],
    qualifiers: ['namespace'],
    argument: 'optional',
    because: 'identifiers of new namespaces are not recorded',
  },
  {
    long: ['secontext'],
    qualifiers: ['secontext'],
    argument: 'optional',
    because: 'SELinux contexts are not recorded',
  },
  {
    long: ['tips'],
    argument: 'optional',
    because: 'there are no tips; --help has examples',
  },
]

export const refusedOptions: readonly CliOption[] = refused.map(({ because, ...names }) => ({
  ...names,
  group: 'Help',
  help: because,
  apply: (_settings, _value, spelled) => {
    throw new ValueError(`${spelled}: ${because}`)
  },
}))
