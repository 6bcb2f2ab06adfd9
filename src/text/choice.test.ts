/** Options of text that can be for some calls only, or for a number of them. */

import test from 'ava'
import { call, note, pending, rows } from '../../__test__/text-records.ts'
import type { Kind } from '../args/arg.ts'
import { KIND } from '../record/layout.ts'
import { eventText } from './line.ts'
import type { TextOptions } from './options.ts'
import { TextWriter } from './order.ts'
import { textSource, type TextEvent, type TextRow } from './source.ts'

/** Prints what it is allowed to see. */
const struct: Kind = {
  kind: 'struct',
  print: (cell, { abbreviate }) => (cell.captured('entry') === undefined ? '0x10' : abbreviate ? '{...}' : '{a=1}'),
}
const path: Kind = { ...struct, kind: 'path' }
const row: TextRow = {
  name: 'stat',
  returns: { kind: 'decimal', note: (view) => (view.arg('statbuf').captured('exit') === undefined ? 'no' : 'yes') },
  args: [
    ['pathname', path],
    ['statbuf', struct],
  ],
}

/** A call whose pointers lead somewhere. */
function stat(): TextEvent {
  const source = call({ row, args: [16, 16] })[textSource]()
  const found = {
    status: 'ok',
    view: new DataView(new ArrayBuffer(0)),
    at: 0,
    length: 0,
    wanted: 0,
    children: [],
    key: 0,
  } as const
  const cells = source.call!.cells.map((cell) => ({ ...cell, captured: () => found }))
  const view = { ...source.call!.call, arg: () => cells[1]! }
  return { [textSource]: () => ({ ...source, call: { ...source.call!, cells, call: view } }) }
}

const shows = test.macro({
  exec(t, options: TextOptions, expected: string) {
    t.is(eventText(stat(), { columns: 0, ...options }), expected)
  },
  title: (given) => given ?? '',
})

test('structures are abbreviated', shows, {}, 'stat({...}, {...}) = 0 (yes)')
test('or not', shows, { abbreviate: false }, 'stat({a=1}, {a=1}) = 0 (yes)')
test('or for some calls', shows, { abbreviate: ({ name }) => name !== 'stat' }, 'stat({a=1}, {a=1}) = 0 (yes)')
test('addresses instead of structures, and no notes of them', shows, { dereference: false }, 'stat({...}, 0x10) = 0')
test('or for some calls only', shows, { dereference: ({ abi }) => abi !== 'x86_64' }, 'stat({...}, 0x10) = 0')
test('words as they are', shows, { raw: true }, 'stat(0x10, 0x10) = 0')
test('words have names with -N', shows, { raw: () => true, argumentNames: true }, 'stat(arg1=0x10, arg2=0x10) = 0')

test('a raw call is known from its start', (t) => {
  const writer = new TextWriter({ raw: true, columns: 0 })
  const read = { row: rows.read, args: [3, 16, 5] }
  t.is(writer.write([pending({ ...read, entrySeq: 1 })]), 'read(0x3, 0x10, 0x5')
  t.is(eventText(call({ ...read, result: 26 }), { raw: true, columns: 0 }), 'read(0x3, 0x10, 0x5) = 0x1a')
})

test('no more calls than callLimit, and then only who was let go', (t) => {
  const writer = new TextWriter({ columns: 0, callLimit: 2, messages: { inlineFrom: 'x' } })
  const close = (fd: number) => call({ row: rows.close, args: [fd], entrySeq: 2 * fd })
  t.is(writer.write([close(1)]), 'close(1) = 0\n')
  t.false(writer.isFull)
  t.is(writer.write([close(2), close(3), note(KIND.DETACH, { seq: 9 })]), 'close(2) = 0\nx: Process 7 detached\n')
  t.true(writer.isFull)
})

test('letting go inside a call', (t) => {
  const execve = call({ row: rows.execve, args: [1] })
  const writer = new TextWriter({ messages: { inlineFrom: 'x' } })
  t.is(writer.letGo(7, execve), 'execve(1 <detached ...>\nx: Process 7 detached\n')
  t.is(new TextWriter({ statuses: new Set(['detached']) }).letGo(7, execve), 'execve(1 <detached ...>\n')
  t.is(new TextWriter({ statuses: new Set(['failed']) }).letGo(7, execve), '')
})
