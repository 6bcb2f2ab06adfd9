import test from 'ava'
import { SYSCALL } from '../record/layout.ts'
import type { Captured, CaptureStatus } from '../args/arg.ts'
import { call, rows } from '../../__test__/text-records.ts'
import type { CallSource } from './call.ts'
import { dumpText, type Dumps } from './dump.ts'
import { textSource } from './source.ts'

function captured(bytes: Uint8Array, children: readonly Captured[] = [], status: CaptureStatus = 'ok'): Captured {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return { status, view, at: 0, length: bytes.length, wanted: bytes.length, children, key: 0 }
}

function vector(...buffers: readonly string[]): Captured {
  const view = new DataView(new ArrayBuffer(16 * buffers.length))
  for (const [index, { length }] of buffers.entries()) view.setBigUint64(16 * index + 8, BigInt(length), true)
  return captured(
    new Uint8Array(view.buffer),
    buffers.map((buffer) => captured(Buffer.from(buffer))),
  )
}

interface Moved {
  readonly name: string
  /** Behind the second argument. */
  readonly memory: Captured
  readonly fd?: number
  readonly count: number
  readonly result: number
}

function dump({ name, memory, fd = 1, count, result }: Moved, dumps: Dumps): string {
  const source = call({ row: { ...rows.read, name }, args: [fd, 0x1000, count], result })[textSource]() as CallSource
  const cells = source.call.cells.map((cell) => ({ ...cell, captured: () => memory }))
  // The record is of the layout that the engine writes, so words are read from it.
  source.view.setBigUint64(source.at + SYSCALL.ARGS + 16, BigInt(count), true)
  return dumpText({ ...source, call: { ...source.call, cells } }, dumps)
}

const all = { read: () => true, write: () => true }
const hello = { name: 'write', memory: captured(Buffer.from('hello\n')), count: 6, result: 6 }

test('a short row is filled up with blanks', (t) => {
  t.is(dump(hello, all), ' | 00000  68 65 6c 6c 6f 0a                                 hello.           |\n')
})

test('sixteen bytes are a row', (t) => {
  const memory = captured(Buffer.from('0123456789abcdef\u0001'))
  t.is(
    dump({ name: 'read', memory, count: 32, result: 17 }, all),
    ' | 00000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  0123456789abcdef |\n' +
      ' | 00010  01                                                .                |\n',
  )
})

test('only descriptors that are wanted, in the direction that is wanted', (t) => {
  t.is(dump(hello, { write: (fd) => fd === 2 }), '')
  t.is(dump(hello, { read: () => true }), '')
  t.is(dump({ ...hello, fd: -1 }, all), '')
  t.is(dump({ ...hello, name: 'close' }, all), '')
})

test('what was to be written is shown if it failed, what was to be read is not', (t) => {
  t.not(dump({ ...hello, result: -9 }, all), '')
  t.is(dump({ ...hello, name: 'read', result: -9 }, all), '')
})

test('buffers of a vector, as far as the call filled them', (t) => {
  const moved = { name: 'readv', memory: vector('abcd', 'efgh', 'ij'), count: 3, result: 6 }
  t.is(
    dump(moved, all),
    ' * 4 bytes in buffer 0\n' +
      ' | 00000  61 62 63 64                                       abcd             |\n' +
      ' * 2 bytes in buffer 1\n' +
      ' | 00000  65 66                                             ef               |\n',
  )
})

test('bytes that could not be had are told of, behind those that were', (t) => {
  const memory = captured(Buffer.alloc(16, 'a'), [], 'truncated')
  t.is(
    dump({ ...hello, memory, count: 20 }, all),
    ' | 00000  61 61 61 61 61 61 61 61  61 61 61 61 61 61 61 61  aaaaaaaaaaaaaaaa |\n' +
      ' | <Cannot fetch 4 bytes from pid 7 @0x1010>\n',
  )
  t.is(dump({ ...hello, memory: { ...memory, status: 'fault' }, count: 20 }, all), '')
})
