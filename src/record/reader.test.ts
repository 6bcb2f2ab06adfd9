import test from 'ava'
import fc from 'fast-check'
import { callRecord, join, record } from '../../__test__/records.ts'
import { SyscopeError } from '../errors.ts'
import type { Captured } from '../args/arg.ts'
import { readCounts } from './counts.ts'
import { CAPTURE, EXIT, HEADER, KIND, SESSION, STATUS, SYSCALL } from './layout.ts'
import { readRecords } from './reader.ts'

const openat = {
  nr: 257,
  args: [-100, 0x7fff_0000_1234n, 0x80000, 0],
  result: 3,
  seq: 9,
  captures: [
    { key: 1, bytes: '/etc/passwd' },
    {
      key: 2,
      phase: 1 as const,
      status: STATUS.FAULT,
      bytes: 'ab',
      wanted: 10,
      children: [{ key: 5, bytes: 'inner' }],
    },
  ],
}

test('a record is read where it stands', (t) => {
  const [first, second] = readRecords(join([callRecord(openat), record(KIND.EXIT, EXIT.SIZE_OF, { pid: 8, tid: 9 })]))
  t.is(first?.kind, KIND.SYSCALL)
  t.is(first?.nr, 257)
  t.is(first?.seq, 9)
  t.is(first?.i53(SYSCALL.RESULT), 3)
  t.is(first?.u64(SYSCALL.ARGS + 8), 0x7fff_0000_1234n)
  t.is(first?.i53(SYSCALL.ARGS), -100)
  t.is(second?.kind, KIND.EXIT)
  t.deepEqual([second?.pid, second?.tid], [8, 9])
})

test('a chunk that is a part of a larger buffer is read at its own offset', (t) => {
  const bytes = callRecord(openat)
  const larger = join([new Uint8Array(24), bytes, new Uint8Array(8)])
  const [only] = readRecords(larger.subarray(24, 24 + bytes.length))
  t.is(only?.nr, 257)
  t.is(text(only?.captures()[0]), '/etc/passwd')
})

test('captures keep key, phase, status and children', (t) => {
  const [only] = readRecords(callRecord(openat))
  const [path, buffer] = only?.captures() ?? []
  t.like(path, { key: 1, phase: 'entry', status: 'ok', length: 11, children: [] })
  t.is(text(path), '/etc/passwd')
  t.like(buffer, { key: 2, phase: 'exit', status: 'fault', length: 2, wanted: 10 })
  t.is(text(buffer?.children[0]), 'inner')
})

test('records of a kind that is not known are skipped', (t) => {
  const kinds = [...readRecords(join([record(200, 40), record(KIND.EXIT, EXIT.SIZE_OF)]))].map((it) => it.kind)
  t.deepEqual(kinds, [KIND.EXIT])
})

for (const [what, bytes] of [
  ['a cut header', new Uint8Array(31)],
  ['a size of nothing', record(KIND.EXIT, EXIT.SIZE_OF).fill(0, 0, 4)],
  ['a size that is no multiple of 8', withSize(record(KIND.EXIT, EXIT.SIZE_OF), 36)],
  ['a record that is longer than the bytes', withSize(record(KIND.EXIT, EXIT.SIZE_OF), 48)],
  ['a record that is too short for its kind', record(KIND.SYSCALL, 120)],
  ['another version', record(KIND.SESSION, SESSION.SIZE_OF, { words: { [SESSION.VERSION]: 2 } })],
] as const) {
  test(`${what} is ERR_SYSCOPE_BAD_TRACE`, (t) => {
    t.throws(() => [...readRecords(bytes)], { instanceOf: SyscopeError, code: 'ERR_SYSCOPE_BAD_TRACE' })
  })
}

test('a capture that is longer than its record is ERR_SYSCOPE_BAD_TRACE', (t) => {
  const bytes = callRecord(openat)
  new DataView(bytes.buffer).setUint32(SYSCALL.CAPTURES + CAPTURE.TOTAL, 4096, true)
  const [only] = readRecords(bytes)
  t.throws(() => only?.captures(), { instanceOf: SyscopeError, code: 'ERR_SYSCOPE_BAD_TRACE' })
})

test('any bytes are records or ERR_SYSCOPE_BAD_TRACE', (t) => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 512, size: 'max' }), (bytes) => readsOrSaysSo(() => readAll(bytes))))
  t.pass()
})

test('any damage to good bytes gives records or ERR_SYSCOPE_BAD_TRACE', (t) => {
  const good = join([callRecord(openat), record(KIND.EXIT, EXIT.SIZE_OF), callRecord({ ...openat, nr: 0 })])
  const damage = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
  fc.assert(
    fc.property(damage, fc.nat(good.length), (edits, length) => {
      const bytes = good.slice()
      for (const [at, value] of edits) bytes[at] = value
      return readsOrSaysSo(() => readAll(bytes.subarray(0, length)))
    }),
    { numRuns: 2000 },
  )
  t.pass()
})

test('any bytes are counts or ERR_SYSCOPE_BAD_TRACE', (t) => {
  const magic = Uint8Array.of(0x53, 0x43, 0x4e, 0x54)
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 256, size: 'max' }), fc.boolean(), (bytes, begins) =>
      readsOrSaysSo(() => readCounts(begins ? join([Uint8Array.from(magic), bytes]) : bytes)),
    ),
  )
  t.pass()
})

function readsOrSaysSo(read: () => unknown): boolean {
  try {
    read()
    return true
  } catch (error) {
    return error instanceof SyscopeError && error.code === 'ERR_SYSCOPE_BAD_TRACE'
  }
}

/** Reads every record and every capture in it. */
function readAll(bytes: Uint8Array): number {
  let read = 0
  const visit = (captures: readonly Captured[]): void => {
    for (const capture of captures) {
      text(capture)
      read += 1
      visit(capture.children)
    }
  }
  for (const it of readRecords(bytes)) {
    read += it.seq
    if (it.kind === KIND.SYSCALL) visit(it.captures())
  }
  return read
}

function text(capture: Captured | undefined): string | undefined {
  if (capture === undefined) return undefined
  return Buffer.from(capture.view.buffer, capture.view.byteOffset + capture.at, capture.length).toString()
}

function withSize(bytes: Uint8Array, size: number): Uint8Array {
  new DataView(bytes.buffer).setUint32(HEADER.SIZE, size, true)
  return bytes
}
