import test from 'ava'
import { compilePlan, type PlanOptions } from './plan.ts'

/** A value of the plan: kind, width, signed, index, offset, constant. */
function value(
  kind: number,
  width: number,
  signed: number,
  index: number,
  offset = 0,
  constant = 0n,
): readonly number[] {
  return [kind, width, signed, index, ...u32(offset), ...u64(constant)]
}

function u16(number: number): readonly number[] {
  return [number & 0xff, number >>> 8]
}

function u32(number: number): readonly number[] {
  return [number & 0xff, (number >>> 8) & 0xff, (number >>> 16) & 0xff, number >>> 24]
}

function u64(number: bigint): readonly number[] {
  return Array.from({ length: 8 }, (_, index) => Number((number >> BigInt(8 * index)) & 0xffn))
}

const absent = value(255, 8, 0, 0)
const constant = (number: bigint): readonly number[] => value(0, 8, 0, 0, 0, number)
const argument = (index: number, width = 8, signed = 0): readonly number[] => value(1, width, signed, index)
const result = value(2, 8, 1, 0)
const field = (offset: number, width: number, signed = 0): readonly number[] => value(3, width, signed, 0, offset)

const head = [0x53, 0x50, 0x4c, 0x4e, 1, 0]

/** What the plan says of the 64-bit call `name`, and whatever follows it. */
function planned(
  name: string,
  number: number,
  options: Partial<PlanOptions> = {},
): { readonly captures: number; readonly body: readonly number[] } {
  const plan = compilePlan({ record: new Set([name]), stringLimit: 32, decodeFds: false, ...options })
  const start = head.length + 6
  const view = new DataView(plan.buffer)
  if (plan[start] !== 0 || view.getUint32(start + 4, true) !== number) throw new Error(`${name} is not first`)
  return { captures: view.getUint16(start + 2, true), body: [...plan.subarray(start + 8)] }
}

test('a plan begins with its magic, its version and whether it records what it does not list', (t) => {
  const empty = { record: new Set<string>(), stringLimit: 32, decodeFds: false } as const
  t.deepEqual([...compilePlan(empty)], [...head, ...u16(0), ...u32(0)])
  t.deepEqual([...compilePlan({ ...empty, record: 'all' }).subarray(0, 8)], [...head, ...u16(1)])
  t.deepEqual([...compilePlan({ ...empty, decodePids: new Set(['comm']) }).subarray(0, 8)], [...head, ...u16(2)])
})

test('a call without pointers is recorded and copies nothing', (t) => {
  const plan = compilePlan({ record: new Set(['gettid']), stringLimit: 32, decodeFds: false })
  const calls = [
    [0, 1, ...u16(0), ...u32(186)],
    [1, 1, ...u16(0), ...u32(224)],
    [2, 1, ...u16(0), ...u32(0x4000_0000 + 186)],
  ]
  t.deepEqual([...plan], [...head, ...u16(0), ...u32(3), ...calls.flat()])
})

test('read copies what the call returned, not more than there is room for', (t) => {
  const { captures, body } = planned('read', 0)
  t.is(captures, 1)
  const node = [2, 1, 1, 0, ...argument(1), ...result, ...u32(1), ...argument(2), ...u32(32)]
  t.deepEqual(body.slice(0, node.length), node)
})

test('rt_sigreturn copies the mask in the frame that the stack pointer is at', (t) => {
  const { captures, body } = planned('rt_sigreturn', 15)
  t.is(captures, 1)
  const node = [2, 0, 0, 0, ...value(7, 8, 0, 0, 296), ...constant(8n), ...u32(1), ...absent, ...u32(1 << 20)]
  t.deepEqual(body.slice(0, node.length), node)
})

test('openat copies a whole path', (t) => {
  const { captures, body } = planned('openat', 257)
  t.is(captures, 1)
  const node = [1, 1, 0, 0, ...argument(1), ...u32(4096)]
  t.deepEqual(body.slice(0, node.length), node)
})

test('with descriptors decoded, openat asks for the links of its directory and of its result', (t) => {
  const { captures, body } = planned('openat', 257, { decodeFds: new Set(['path']) })
  t.is(captures, 3)
  const nodes = [
    [6, 16, 0, 0, ...argument(0, 4, 1), 0, 0],
    [1, 1, 0, 0, ...argument(1), ...u32(4096)],
    [6, 24, 1, 0, ...value(2, 4, 1, 0), 0, 0],
  ].flat()
  t.deepEqual(body.slice(0, nodes.length), nodes)
})

test('what is wanted of descriptors is a mask', (t) => {
  const all = new Set(['path', 'socket', 'dev', 'eventfd', 'pidfd', 'signalfd'] as const)
  const { body } = planned('close', 3, { decodeFds: all })
  t.deepEqual(body.slice(0, 22), [6, 16, 0, 0, ...argument(0, 4, 1), 31, 0])
  t.is(planned('close', 3, { decodeFds: new Set(['dev', 'pidfd']) }).body[20], 9)
})

test('descriptors in memory are asked for where they lie, and only where they are wanted', (t) => {
  const { body } = planned('poll', 7, { decodeFds: new Set(['path']) })
  const array = [...argument(0), ...argument(1, 4), ...absent, ...u32(8), ...u32(1024)]
  const child = [6, 0, 0, 0, ...field(0, 4, 1), 0]
  t.deepEqual(body.slice(0, 80), [3, 0, 0, 1, ...array, ...child].slice(0, 80))
  t.deepEqual(planned('poll', 7).body.slice(0, 4), [3, 0, 0, 0])
  t.is(planned('pipe', 22, { decodeFds: new Set(['path']) }).body[3], 1)
})

test('a descriptor of another process is asked for with whose it is', (t) => {
  const { body } = planned('pidfd_getfd', 438, { decodeFds: new Set(['path']) })
  const own = [6, 16, 0, 0, ...argument(0, 4, 1), 0, 0]
  const theirs = [6, 1, 0, 0, ...argument(1, 4, 1), 0, 2, ...argument(0, 4, 1)]
  t.deepEqual(body.slice(0, own.length + theirs.length), [...own, ...theirs])
})

test('those of a set, and of control messages, are asked for together', (t) => {
  const select = planned('select', 23, { decodeFds: new Set(['path']) }).body
  t.deepEqual(select.slice(60, 60 + 22), [7, 0, 0, 0, ...argument(0, 4, 1), 0, 0])
})

test('names of processes are asked for in arguments and results', (t) => {
  const kill = planned('kill', 62, { decodePids: new Set(['comm']) })
  t.deepEqual(kill.body.slice(0, 22), [8, 32, 0, 0, ...argument(0, 4, 1), 1, 1])
  const fork = planned('fork', 57, { decodePids: new Set(['pidns', 'comm']) })
  t.deepEqual(fork.body.slice(0, 22), [8, 40, 1, 0, ...value(2, 4, 1, 0), 1, 3])
  t.is(planned('getpgrp', 111, { decodePids: new Set(['comm']) }).captures, 0)
})

test('writev follows the pointer of each element', (t) => {
  const { captures, body } = planned('writev', 20)
  t.is(captures, 1)
  const child = [2, 0, 0, 0, ...field(0, 8), ...field(8, 8), ...u32(1), ...absent, ...u32(32)]
  const node = [3, 1, 0, 1, ...argument(1), ...argument(2), ...absent, ...u32(16), ...u32(1024), ...child]
  t.deepEqual(body.slice(0, node.length), node)
})

test('accept takes the length from memory, and not more than the caller had room for', (t) => {
  const { captures, body } = planned('accept', 43)
  t.is(captures, 3)
  const address = [
    [2, 1, 1, 0, ...argument(1), ...value(4, 4, 1, 2), ...u32(1)],
    [...value(5, 4, 1, 2), ...u32(128)],
  ].flat()
  t.deepEqual(body.slice(0, address.length), address)
  const before = [2, 2, 0, 0, ...argument(2), ...constant(4n), ...u32(1), ...absent, ...u32(1 << 20)]
  t.deepEqual(body.slice(address.length, address.length + before.length), before)
})

test('fcntl chooses by its operation', (t) => {
  const { captures, body } = planned('fcntl', 72)
  t.is(captures, 2)
  t.deepEqual(body.slice(0, 20), [5, 2, 0, 0, ...argument(1, 4)])
})

test('execve copies its strings whole', (t) => {
  const { body } = planned('execve', 59)
  const path = [1, 0, 0, 0, ...argument(0), ...u32(4096)]
  const argv = [4, 1, 0, 0, ...argument(1), ...u32(65536), ...u32(131_072)]
  t.deepEqual(body.slice(0, path.length + argv.length), [...path, ...argv])
})

test('of a call that rules concern, i386 copies the paths and addresses that the table shows as words', (t) => {
  const none = { record: new Set<string>(), stringLimit: 32, decodeFds: false } as const
  const plan = compilePlan({ ...none, ruled: new Set(['stat64@32', 'connect@32']) })
  const path = [1, 0, 0, 0, ...argument(0, 4), ...u32(4096)]
  const address = [2, 1, 0, 0, ...argument(1, 4), ...argument(2, 4, 1), ...u32(1), ...constant(128n), ...u32(1 << 20)]
  const calls = [
    [1, 0, ...u16(1), ...u32(195), ...path],
    [1, 0, ...u16(1), ...u32(362), ...address],
  ]
  t.deepEqual([...plan], [...head, ...u16(0), ...u32(2), ...calls.flat()])
})
