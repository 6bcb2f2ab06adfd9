/**
 * What strace says where bytes cannot be written to a call's memory: that it has no such argument, that nothing is mapped there, or
 * that it ends too early. Which calls have too few arguments is known before, so the engine hears of no such rule, and is counted
 * here.
 */

import { argumentNames, Unread, type Abi, type InjectRule } from '../../index.ts'

/** A rule that would write where calls have no argument. */
export interface Beyond {
  /** As `callsIn()` has them, with how many arguments each has. */
  readonly calls: ReadonlyMap<string, number>
  /** From 1. */
  readonly places: readonly number[]
  /** As `readWhen()` gives it; undefined: always. */
  readonly when: string | undefined
}

/** As much of an event of the API as is looked at here; the union of all of them is more than the compiler can hold. */
export interface CallLike {
  readonly type: string
  readonly tid: number
  readonly name?: string
  readonly abi?: Abi
  readonly args?: object
  readonly raw?: { readonly args: readonly bigint[] }
  readonly injected?: { readonly rule: number; readonly did: readonly string[] } | undefined
}

const suffixes: Readonly<Record<Abi, string>> = { x86_64: '@64', i386: '@32', x32: '@x32' }
/** What is mapped ends with a page. */
const PAGE = 4096n

export class PokeNotes {
  readonly #beyond: readonly Beyond[]
  readonly #rules: readonly (InjectRule | undefined)[]
  /** By thread and call, as strace counts. */
  readonly #counts = new Map<string, number>()

  /** `rules`: by the numbers that events have; undefined for those that write nothing. */
  constructor(beyond: readonly Beyond[], rules: readonly (InjectRule | undefined)[]) {
    this.#beyond = beyond
    this.#rules = rules.map((rule) => ((rule?.pokeEnter ?? rule?.pokeExit) === undefined ? undefined : rule))
  }

  /** Messages about these events; empty where all could be written. */
  of(events: readonly CallLike[]): readonly string[] {
    if (this.#beyond.length === 0 && this.#rules.every((it) => it === undefined)) return []
    return events.flatMap((event) => {
      const { type, name, abi, tid, injected } = event
      if (type !== 'syscall' || name === undefined || abi === undefined) return []
      const call = `${name}${suffixes[abi]}`
      const rule = injected?.did.includes('failed') === true ? this.#rules[injected.rule] : undefined
      return [...this.#missing(call, name, tid), ...(rule === undefined ? [] : failures(event, call, rule))]
    })
  }

  #missing(call: string, name: string, tid: number): readonly string[] {
    const rule = this.#beyond.find(({ calls }) => calls.has(call))
    if (rule === undefined) return []
    const count = (this.#counts.get(`${tid} ${call}`) ?? 0) + 1
    this.#counts.set(`${tid} ${call}`, count)
    if (!occurs(count, rule.when)) return []
    return rule.places.map((place) =>
      tampering(
        tid,
        `requested to tamper with argument #${place}, but system call '${name}' has only ${rule.calls.get(call)} arguments`,
      ),
    )
  }
}

function tampering(tid: number, why: string): string {
  return `Failed to tamper with process ${tid}: ${why}`
}

function failures({ tid, args, raw, injected }: CallLike, call: string, rule: InjectRule): readonly string[] {
  if (injected?.did.includes('args') !== true) return [tampering(tid, "couldn't poke")]
  const pokes = [...Object.entries(rule.pokeEnter ?? {}), ...Object.entries(rule.pokeExit ?? {})]
  return pokes.flatMap(([name, bytes]) => {
    const address = raw?.args[argumentNames(call).indexOf(name)]
    const room = address === undefined ? PAGE : PAGE - (address % PAGE)
    if (address === undefined || room >= bytes.length) return []
    const short = `(${room} < ${bytes.length}) @0x${address.toString(16)}: Bad address`
    const isUnread: boolean = Reflect.get(args ?? {}, name) instanceof Unread
    return [`pid:${tid} short write ${short}`, ...(isUnread ? [`short read ${short}`] : [])]
  })
}

/** Whether the nth call is one of those that strace's when= means. */
export function occurs(count: number, when = '1+'): boolean {
  const [, first = '1', last, plus, step = ''] = /^(\d+)(?:\.\.(\d+))?(\+(\d*))?$/.exec(when) ?? []
  const past = count - Number(first)
  if (past < 0 || count > Number(last ?? Infinity)) return false
  if (last === undefined && plus === undefined) return past === 0
  return past % (step === '' ? 1 : Number(step)) === 0
}
