/** Matchers about the network: `toHaveNoNetwork()`, `toConnect()`. */

import { inspect } from 'node:util'
import { invalid, isObject } from '../../checks.ts'
import { readPlace } from '../../rules/addresses.ts'
import { readExceptions, type Exceptions } from '../../rules/network.ts'
import { addressOf, addressText, type Address } from '../peer.ts'
import { eventsOf, insideOf, requireChildren, type AnyCall, type RecordedRun } from '../recorded.ts'
import { Tree } from '../tree.ts'
import { isUndecoded } from '../undecoded.ts'
import { isAt, isStricter, readNetworkOptions, type NetworkOptions } from './addresses.ts'
import { times, withEvidence } from './evidence.ts'
import { networkUseCalls, NetworkWatch, type Doubt } from './network-watch.ts'
import { familyOf } from './sockets.ts'
import { cannotTell, readRun, requireRecorded, requireWhole, type Subject } from './subject.ts'
import type { Verdict } from './verdict.ts'

export type { NetworkOptions } from './addresses.ts'
export { networkUseCalls } from './network-watch.ts'

/**
 * Whether a run made no use of the network. What counts is what `deny: 'network'` denies, attempts as well, those that were denied or
 * failed among them: connections and messages to any address that is not excepted (of unix and netlink sockets too), binding and
 * listening, sockets of other families as soon as they are made, and sockets that came from outside of the run when something goes
 * through them. A socket that nothing is done with is no use of the network, nor is a pair of unix sockets.
 *
 * It is enough to trace with `observe: 'network'`, or with `deny: 'network'` with the same exceptions or fewer. Throws
 * ERR_SYSCOPE_INCOMPLETE and ERR_SYSCOPE_NOT_RECORDED where nothing was seen and something may have been missed: io_uring, 32-bit code
 * (its socket calls show no addresses), descriptors of which nobody knows what they are.
 * @example
 * const run = await trace('node', ['cli.js'], { observe: 'network' })
 * toHaveNoNetwork(run, { except: ['unix', 'netlink', 'loopback'] })
 */
export function toHaveNoNetwork(run: unknown, options?: NetworkOptions): Verdict {
  const subject = readRun(run, 'toHaveNoNetwork')
  const stated = options?.except === undefined ? (exceptionsOf(subject.run) ?? options) : options
  const allowed = readNetworkOptions(stated, subject.asks)
  const rules = denyingRules(subject.run)
  const watch = watchNetwork(subject.run, allowed, new Set(rules.keys()))
  const doubts = watch.doubts()
  const uses = watch.uses.toSorted((one, other) => (one.startNs < other.startNs ? -1 : 1))
  const except = butFor(stated)
  if (uses.length > 0) {
    const headline = `Expected ${subject.name} to make no use of the network${except}, but it did, ${times(uses.length)}:`
    return { pass: false, message: withEvidence(headline, subject.makers.deeds(uses)) + localHint(uses) }
  }
  requireWhole(subject)
  // What such a rule denies would be among the calls above, whatever was recorded beside them.
  if (![...rules.values()].some((rule) => rule !== undefined && isStricter(rule, allowed))) {
    requireRecorded(subject, networkUseCalls, 'network')
    requireChildren(subject.run, subject.asks)
    requireNoDoubt(subject, doubts)
  }
  return { pass: true, message: `Expected ${subject.name} to use the network${except}, but it did not.` }
}

/** Where all of it is what look-ups of names and of interfaces do. */
function localHint(uses: readonly AnyCall[]): string {
  const families = uses.map((call) =>
    call.name === 'bind'
      ? [addressOf(call.args['addr'])?.family]
      : attemptsOf(call).map(({ address }) => address?.family),
  )
  const words = new Set(families.flat())
  const isLocal =
    families.every(({ length }) => length > 0) && [...words].every((it) => it === 'unix' || it === 'netlink')
  if (!isLocal) return ''
  const list = [...words].map((it) => `'${it}'`).join(', ')
  return `\n\nThese sockets stay on this machine, though who listens there may not: \`except: [${list}]\` allows them.`
}

/** Those of the run's own rule for the network, where that is for all processes. */
function exceptionsOf({ rules = [] }: RecordedRun): NetworkOptions | undefined {
  for (const { rule } of rules) {
    const { network } = rule as { readonly network?: unknown }
    if (isForAll(rule) && isObject(network) && Array.isArray(network['except'])) return { except: network['except'] }
  }
  return undefined
}

/** Whether a rule for the network has no further condition. */
function isForAll(rule: object): boolean {
  return Object.keys(rule).every((key) => ['network', 'error', 'report'].includes(key))
}

/** Rules of `deny` by index: their exceptions, or `undefined` of those that are for some calls or processes only. */
function denyingRules({ rules = [] }: RecordedRun): ReadonlyMap<number, Exceptions | undefined> {
  const found = new Map<number, Exceptions | undefined>()
  for (const [index, report] of rules.entries()) {
    const { rule } = report
    if (!isObject(rule) || rule['network'] === undefined) continue
    const { unread = 0 } = report as { readonly unread?: number }
    const isTold = rule['report'] !== false && unread === 0
    found.set(index, isForAll(rule) && isTold ? readExceptions(rule['network'], 'the `deny` option') : undefined)
  }
  return found
}

function watchNetwork(run: RecordedRun, allowed: Exceptions, denying: ReadonlySet<number>): NetworkWatch {
  const watch = new NetworkWatch(allowed, denying)
  const tree = new Tree(run)
  const isInside = insideOf(run)
  for (const event of tree.events) {
    if (event.type === 'syscall') watch.read(event, tree.at(event), isInside(event))
    const made = tree.apply(event)
    if (event.type === 'syscall' && made.length > 0) watch.received(event, made)
  }
  return watch
}

function requireNoDoubt(subject: Subject, [first, ...others]: readonly Doubt[]): void {
  if (first === undefined) return
  const { call, why } = first
  const more = others.length === 0 ? '' : ` So it is with ${others.length} more.`
  cannotTell(subject, `of ${String(call)}, by process ${call.pid}: ${why}.${more}`)
}

function butFor(options: NetworkOptions | undefined): string {
  const { except = [] } = options ?? {}
  const all = [except].flat()
  return all.length === 0 ? '' : ` but for ${all.join(', ')}`
}

/**
 * An address: `'10.1.2.3:443'`, `'10.0.0.0/8'`, `'[::1]:8080'`; of a unix socket its path, or with `@` its abstract name; a regular
 * expression for the address's text (`addressText()`); or a function of the address.
 */
export type ExpectedAddress = string | RegExp | ((address: Address) => boolean)

/**
 * Whether a run tried to connect to an address, or sent a message to it, whatever came of it.
 *
 * Throws ERR_SYSCOPE_INCOMPLETE and ERR_SYSCOPE_NOT_RECORDED where no such attempt was seen and one may have been missed.
 * @example toConnect(run, '10.0.0.53:53')
 */
export function toConnect(run: unknown, address: ExpectedAddress): Verdict {
  const subject = readRun(run, 'toConnect')
  const isExpected = readExpectedAddress(address, subject.asks)
  const attempts = eventsOf(subject.run).flatMap((event) => (event.type === 'syscall' ? attemptsOf(event) : []))
  const found = attempts.filter(({ address }) => address !== undefined && isExpected(address))
  const text = typeof address === 'function' ? 'an address that a function says yes to' : String(address)
  if (found.length > 0) {
    const calls = [...new Set(found.map(({ call }) => call))]
    const headline = `Expected ${subject.name} not to connect to ${text}, but it did, ${times(calls.length)}:`
    return { pass: true, message: withEvidence(headline, subject.makers.deeds(calls)) }
  }
  requireWhole(subject)
  requireRecorded(subject, connectCalls, 'network')
  requireChildren(subject.run, subject.asks)
  const unread = attempts.filter((it) => it.address === undefined)
  requireNoDoubt(
    subject,
    unread.map(({ call }) => ({ call, why: 'where it went could not be read' })),
  )
  return { pass: false, message: elsewhere(subject, text, attempts) }
}

const connectCalls = 'connect sendto sendmsg sendmmsg socketcall clone clone3 fork vfork'.split(' ')
const callsWithAddress: ReadonlySet<string> = new Set(['connect', 'sendto', 'sendmsg', 'sendmmsg', 'socketcall'])

interface Attempt {
  readonly call: AnyCall
  /** `undefined` where it could not be read. */
  readonly address: Address | undefined
}

function elsewhere({ name, makers }: Subject, text: string, attempts: readonly Attempt[]): string {
  const headline = `Expected ${name} to connect to ${text}, but it did not`
  if (attempts.length === 0) return `${headline}, nor to any other address.`
  const calls = [...new Set(attempts.map(({ call }) => call))]
  return withEvidence(`${headline}. It connected to others:`, makers.deeds(calls))
}

function attemptsOf(call: AnyCall): readonly Attempt[] {
  if (!callsWithAddress.has(call.name)) return []
  if (isUndecoded(call)) return [{ call, address: undefined }]
  return destinationsIn(call).flatMap((value) => {
    if (value === null || value === undefined || (familyOf(value) === 'AF_UNSPEC' && call.name === 'connect')) return []
    const address = addressOf(value)
    if (address === undefined && (call.error === 'EFAULT' || call.error === 'EINVAL')) return []
    return [{ call, address }]
  })
}

/** Addresses in a call, as they were decoded; `null` where it gives none. */
function destinationsIn({ name, args }: AnyCall): readonly unknown[] {
  if (name === 'connect') return [args['addr']]
  if (name === 'sendto') return [args['dest_addr']]
  const messages: readonly unknown[] = name === 'sendmsg' ? [args['msg']] : [args['msgvec']].flat()
  return messages.map((message) => {
    if (!isObject(message)) return message
    const head = isObject(message['msg_hdr']) ? message['msg_hdr'] : message
    // What could not be read has no name either, and is no address.
    return 'msg_name' in head ? head['msg_name'] : message
  })
}

function readExpectedAddress(expected: unknown, asks: string): (address: Address) => boolean {
  if (typeof expected === 'function') return (address) => answerOf(expected, address, asks)
  if (expected instanceof RegExp) return (address) => addressText(address).search(expected) !== -1
  if (typeof expected !== 'string' || expected === '') {
    const given = inspect(expected, { depth: 1 })
    throw invalid(`Expected ${asks} to be given an address, a regular expression or a function, got ${given}.`)
  }
  if (/^[/@]/.test(expected)) return (address) => address.family === 'unix' && addressText(address) === expected
  const place = readPlace(expected, `the address of ${asks}`)
  return (address) => isAt(address, place)
}

function answerOf(ask: Function, address: Address, asks: string): boolean {
  const answer: unknown = Reflect.apply(ask, undefined, [address])
  if (typeof answer === 'boolean') return answer
  throw invalid(`Expected the function for ${asks} to return a boolean, got ${inspect(answer, { depth: 0 })}.`)
}
