/** What an expression of --inject, --fault or --deny can go on with. */

import { callsIn, errnoNames, syscallClasses, syscallNames } from '../../index.ts'
import { ruleKeys, type RuleKind } from './rule-keys.ts'

/** What `value` can become, one each, with what it means behind a tab. */
export function completeRule(kind: RuleKind, value: string): readonly string[] {
  const colon = value.lastIndexOf(':')
  const before = value.slice(0, colon + 1)
  return candidates(kind, value.slice(colon + 1), colon === -1).map((word) => before + word)
}

function candidates(kind: RuleKind, part: string, isFirst: boolean): readonly string[] {
  const keys = ruleKeys.filter(({ kinds }) => kinds.includes(kind))
  const [, key, value = ''] = /^([a-z_]+=)(.*)$/s.exec(part) ?? []
  if (key !== undefined) return members(valuesOf(key), value).map((word) => key + word)
  const described = keys.map((it) => `${it.key.replace('N', '1')}\t${it.help}`)
  if (!isFirst)
    return [...described, ...(kind === 'deny' ? errnoNames().toSorted() : [])].filter((it) => it.startsWith(part))
  // --deny can do without a set.
  const alone = kind === 'deny' ? ['network', ...described.filter((it) => !it.startsWith('except='))] : []
  return [...alone.filter((it) => it.startsWith(part)), ...members(callWords(), part)]
}

function callWords(): readonly string[] {
  return [...syscallClasses.filter((word) => word.startsWith('%')), ...syscallNames]
}

function valuesOf(key: string): readonly string[] {
  switch (key) {
    case 'error=':
      return errnoNames().toSorted()
    case 'outcome=':
      return ['failed', 'successful', ...errnoNames().toSorted()]
    case 'per=':
      return ['tree', 'process', 'thread', 'call']
    case 'except=':
      return ['unix', 'netlink', 'loopback', 'dns', 'listen']
    case 'syscall=':
      return callsIn('%pure').flatMap((word) => (word.endsWith('@64') ? [word.slice(0, -'@64'.length)] : []))
    default:
      return []
  }
}

/** Of a set, the member that the cursor is at: `!read,wri`. */
export function members(all: readonly string[], value: string): readonly string[] {
  const [, done = '', start = ''] = /^(!?(?:.*,)?)(.*)$/s.exec(value) ?? []
  return all.filter((word) => word.startsWith(start)).map((word) => done + word)
}
