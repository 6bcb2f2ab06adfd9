/** The keys of --inject, --fault and --deny: what help, manual page and completion say of them. */

export type RuleKind = 'inject' | 'fault' | 'deny'

export interface RuleKey {
  /** Up to the value; without `=` there is none. */
  readonly key: string
  /** What help calls the value. */
  readonly value: string
  readonly help: string
  readonly kinds: readonly RuleKind[]
}

const all = ['inject', 'fault', 'deny'] as const
const changing = ['inject', 'fault'] as const
const onlyInject = ['inject'] as const

/** In the order of help. */
export const ruleKeys: readonly RuleKey[] = [
  { key: 'error=', value: 'ERRNO', help: 'do not run it, it fails', kinds: changing },
  { key: 'retval=', value: 'N', help: 'do not run it, it returns this', kinds: onlyInject },
  { key: 'syscall=', value: 'CALL', help: 'run this one of %pure instead', kinds: changing },
  { key: 'run', value: '', help: 'run it, and then replace its result', kinds: changing },
  { key: 'signal=', value: 'SIG', help: 'deliver a signal to the thread', kinds: onlyInject },
  { key: 'delay_enter=', value: 'TIME', help: 'wait before it runs: 500 (microseconds), 50ms', kinds: onlyInject },
  { key: 'delay_exit=', value: 'TIME', help: 'wait when it has run', kinds: onlyInject },
  { key: 'poke_enter=', value: '@argN=HEX,…', help: 'write bytes where argument N points to', kinds: onlyInject },
  { key: 'poke_exit=', value: '@argN=HEX,…', help: 'the same when it has run', kinds: onlyInject },
  { key: 'setargN=', value: 'VALUE', help: 'change argument N', kinds: onlyInject },
  { key: 'kill', value: '', help: 'kill all processes', kinds: onlyInject },
  {
    key: 'when=',
    value: 'N[..LAST][+[STEP]]',
    help: 'the Nth such call of a thread; 2+: all from the 2nd',
    kinds: changing,
  },
  { key: 'nth=', value: 'N', help: 'the Nth of all calls that match', kinds: changing },
  { key: 'per=', value: 'tree|process|…', help: 'count by tree, process, thread or call', kinds: changing },
  {
    key: 'outcome=',
    value: 'failed|ERRNO|…',
    help: 'only if it failed, was successful, or gave ERRNO',
    kinds: changing,
  },
  { key: 'path=', value: '/a/b|/a/|/a/**', help: 'only with this path, or a descriptor of it', kinds: all },
  { key: 'fd=', value: 'N|LINK', help: 'only with this descriptor: 1, socket:*', kinds: all },
  { key: 'argN=', value: 'VALUE|MIN..MAX', help: 'only if argument N is this; +FLAG, -FLAG, !VALUE', kinds: all },
  { key: 'addr=', value: 'IP[/BITS][:PORT]', help: 'only to there; [::1]:80, :53, unix:/run/x', kinds: all },
  { key: 'process=', value: 'NAME', help: 'only if a command line begins with this word', kinds: all },
  {
    key: 'except=',
    value: 'unix,loopback,…',
    help: 'of network: also dns, listen, netlink, 10.0.0.0/8',
    kinds: ['deny'],
  },
]

/** The headings of help, each with the keys below it. */
export const keyGroups: readonly (readonly [heading: string, keys: readonly RuleKey[]])[] = [
  ['What --inject does (--fault: error, syscall, run)', ruleKeys.slice(0, 11)],
  ['Which of the calls (--inject, --fault)', ruleKeys.slice(11, 15)],
  ['Only where (--inject, --fault, --deny)', ruleKeys.slice(15)],
]
