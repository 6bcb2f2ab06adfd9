/** Conditions -> the engine's predicates, for one row of the table: an argument has another place in every call. */

import { around, behind, isUnfit, lowerArgument, unfit, valueOf, type Unfit } from './arguments.ts'
import { all, any, type Matcher, type Predicate, type Value } from './predicate.ts'
import type { RuleArgument, RuleRow } from './rows.ts'
import type { Condition } from './rule.ts'
import { hasUnixPath } from './sockaddr.ts'

/** Paths that are none, or that a call does not go to: what a new link says, names of message queues. */
const noTargets: ReadonlySet<string> = new Set(['symlink', 'symlinkat', 'mq_open', 'mq_unlink'])
/** How src/args/net/msghdr.ts numbers the addresses in messages. */
const MESSAGE_NAME = 0
/** Where an asynchronous operation has its descriptor (`aio_fildes` of struct iocb), and how src/args/uring/aio.ts numbers them. */
const IOCB = { KEY: 0, FD: 20 } as const
const SLASH = 0x2f

export interface Surroundings {
  readonly stringLimit: number
}

const shapes = new WeakMap<RuleRow, string>()

/** The same for rows in which conditions that name no argument come to the same predicates. */
export function shapeOf(row: RuleRow): string {
  let shape = shapes.get(row)
  if (shape === undefined) {
    const isOfItsOwn = row.operation !== undefined || special.has(row.row.name)
    const name = isOfItsOwn ? `${row.row.name} ${row.abi} ${row.call ?? ''}` : ''
    const args = row.args?.map(({ index, kind }) => `${index}${kindShape(kind)}`).join(' ') ?? 'hidden'
    shape = `${name}:${args}`
    shapes.set(row, shape)
  }
  return shape
}

function kindShape({ kind, fd }: RuleArgument['kind']): string {
  if (kind === 'dirFd') return kind
  if (fd === true) return 'fd'
  return ['path', 'optionalPath', 'sockaddrIn', 'iocbs'].includes(kind) ? kind : ''
}

/** Calls that are told apart below. */
const special: ReadonlySet<string> = new Set(
  'symlink symlinkat mq_open mq_unlink connect bind sendmsg sendmmsg io_submit socketcall ipc'.split(' '),
)

export function lower(condition: Condition, row: RuleRow, surroundings: Surroundings): Predicate | Unfit {
  if (condition.on === 'process') return condition.of
  if (condition.on === 'all' || condition.on === 'any') return lowerSeveral(condition, row, surroundings)
  const { args } = row
  const { name } = row.row
  if (args === undefined) return unfit(`nothing is known of the arguments of ${name}`, 'unsure')
  switch (condition.on) {
    case 'path':
      return hidesDescriptors(row) ? blind(row) : lowerPath(condition.matchers, args, row)
    case 'fd':
      return hidesDescriptors(row) ? blind(row) : lowerFd(condition, args, name)
    case 'argument': {
      const argument = args.find((it) => it.name === condition.test.name)
      if (argument !== undefined) return lowerArgument(condition.test, argument, row.abi, surroundings.stringLimit)
      const problem = unfit(`${name} has no argument \`${condition.test.name}\``, isWhole(row) ? 'never' : 'unsure')
      return { ...problem, word: condition.test.name, among: args.map((it) => it.name) }
    }
    case 'address':
      return hidesAddresses(row) ? blind(row) : lowerAddress(condition, args, row)
    case 'socket': {
      if (hidesDescriptors(row)) return blind(row)
      const found = ofDescriptors(args, (fd) => [{ op: 'socket', fd, of: condition.of }])
      return orUnfit(found, `${name} has no descriptor argument`)
    }
  }
}

/** Whether all arguments of the row are known. */
function isWhole({ abi, row, args = [] }: RuleRow): boolean {
  return abi === 'x86_64' || args.length >= row.args.length
}

/** What lies in memory is not read for x32. */
function hidesDescriptors({ abi, row }: RuleRow): boolean {
  return abi === 'x32' && row.name === 'io_submit'
}

function hidesAddresses({ abi, row }: RuleRow): boolean {
  return abi === 'x32' && (row.name === 'sendmsg' || row.name === 'sendmmsg')
}

function blind({ abi, row }: RuleRow): Unfit {
  return unfit(`what ${row.name} of ${abi} has in memory is not read`, 'hidden')
}

function lowerSeveral(
  { on, of }: Extract<Condition, { readonly on: 'all' | 'any' }>,
  row: RuleRow,
  surroundings: Surroundings,
): Predicate | Unfit {
  const lowered = of.map((it) => lower(it, row, surroundings))
  const problems = lowered.filter(isUnfit)
  const fit = lowered.filter((it): it is Predicate => !isUnfit(it))
  const [problem] = problems
  if (on === 'all') return problem ?? all(...fit)
  const doubt = problems.find((it) => it.unfit !== 'never')
  return doubt ?? (fit.length === 0 && problem !== undefined ? problem : any(...fit))
}

function lowerPath(
  matchers: readonly Matcher[],
  args: readonly RuleArgument[],
  { row, call = row.name }: RuleRow,
): Predicate | Unfit {
  const found: Predicate[] = []
  const directories = new Set<RuleArgument>()
  for (const [at, argument] of args.entries()) {
    if (!isPath(argument) || (argument.index === 0 && noTargets.has(row.name))) continue
    const before = args[at - 1]
    const directory = before?.kind.kind === 'dirFd' ? before : undefined
    // A directory is where the path starts from, and what is meant where the path is empty or NULL: the engine knows both.
    if (directory !== undefined) directories.add(directory)
    const from = directory === undefined ? undefined : valueOf(directory, 4, true)
    for (const matcher of matchers) found.push({ op: 'path', key: argument.index, directory: from, matcher })
  }
  const others = args.filter((it) => !directories.has(it))
  found.push(...ofDescriptors(others, (fd) => matchers.map((matcher): Predicate => ({ op: 'fd', fd, matcher }))))
  const unix = any(...matchers.flatMap(unixPaths))
  found.push(...args.flatMap((argument) => ofAddress(argument, unix, call)))
  return orUnfit(found, `${row.name} has neither paths nor descriptors`)
}

/** Where a unix socket is, as far as no glob says so. */
function unixPaths({ how, text }: Matcher): readonly Predicate[] {
  if (how === 'glob') return []
  const isRoot = text.length === 1
  return [hasUnixPath(0, how === 'beneath' && !isRoot ? Uint8Array.of(...text, SLASH) : text, how)]
}

function lowerFd(
  { numbers, matchers }: Extract<Condition, { readonly on: 'fd' }>,
  args: readonly RuleArgument[],
  name: string,
): Predicate | Unfit {
  const found = ofDescriptors(args, (fd) => [
    ...numbers.map((number): Predicate => isNumber(fd, number)),
    ...matchers.map((matcher): Predicate => ({ op: 'fd', fd, matcher })),
  ])
  return orUnfit(found, `${name} has no descriptor argument`)
}

function isNumber(fd: Value, number: number): Predicate {
  return { op: 'word', value: fd, mask: 0xffff_ffffn, compare: '==', operand: BigInt(number) }
}

/** Calls in whose arguments the address is all that counts: what the socket was connected to before does not matter. */
const explicit: ReadonlySet<string> = new Set(['connect', 'bind'])

function lowerAddress(
  { given, sent, bound, peer }: Extract<Condition, { readonly on: 'address' }>,
  args: readonly RuleArgument[],
  row: RuleRow,
): Predicate | Unfit {
  const name = row.call ?? row.row.name
  const address = name === 'bind' ? bound : name === 'connect' ? given : sent
  const addresses = args.flatMap((argument) => ofAddress(argument, address, name))
  // No socket is a directory.
  const others = args.filter(({ kind }) => kind.kind !== 'dirFd')
  const peers =
    peer === undefined || explicit.has(name) ? [] : ofDescriptors(others, (fd) => [{ op: 'socket', fd, of: peer }])
  return orUnfit([...addresses, ...peers], `${name} has neither an address nor a descriptor`)
}

function ofAddress(argument: RuleArgument, of: Predicate, call: string): readonly Predicate[] {
  const { kind } = argument.kind
  if (kind === 'sockaddrIn') return [behind(argument, of)]
  // Messages of System V have no addresses.
  if (!call.startsWith('sendm') || (kind !== 'messageIn' && kind !== 'messagesIn')) return []
  return [behind(argument, { op: 'within', key: MESSAGE_NAME, of })]
}

function isPath({ kind }: RuleArgument): boolean {
  return kind.kind === 'path' || kind.kind === 'optionalPath'
}

/** Every descriptor that the arguments name, also those of asynchronous operations. */
function ofDescriptors(args: readonly RuleArgument[], make: (fd: Value) => readonly Predicate[]): readonly Predicate[] {
  return args.flatMap((argument): readonly Predicate[] => {
    if (argument.kind.fd === true) return make(valueOf(argument, 4, true)).map((it) => around(argument, it))
    if (argument.kind.kind !== 'iocbs') return []
    const inMemory = make({ of: 'field', offset: IOCB.FD, width: 4, signed: true })
    return inMemory.map((of) => behind(argument, { op: 'within', key: IOCB.KEY, of }))
  })
}

function orUnfit(found: readonly Predicate[], why: string): Predicate | Unfit {
  return found.length === 0 ? unfit(why) : any(...found)
}
