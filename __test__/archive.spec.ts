/** Traces in files: what was saved is there again, and what is damaged is said. */

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, createWriteStream, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import test, { type ExecutionContext } from 'ava'
import fc from 'fast-check'
import { crc32 } from '../src/archive/crc32.ts'
import { compress, decompress } from '../src/archive/block.ts'
import {
  endOf,
  PREAMBLE,
  readSection,
  SECTION,
  SECTION_KIND,
  writePreamble,
  writeSection,
  type Section,
} from '../src/archive/format.ts'
import type { SavedTrace } from '../src/archive/saved.ts'
import { loadTrace, openTrace, saveTrace, writeTrace } from '../src/archive/traces.ts'
import { parseValue, stringifyValue } from '../src/archive/values.ts'
import { SyscopeError } from '../src/errors.ts'
import { HEADER, KIND, LEAKED, SESSION } from '../src/record/layout.ts'
import type { TraceResult } from '../src/result.ts'
import { ending, Files, keptRun, madeRun, openat, session } from './archives.ts'
import { callRecord, join as joined, record } from './records.ts'

const files = new Files()
test.after.always(() => rmSync(files.root, { recursive: true, force: true }))

const badTrace = { instanceOf: SyscopeError, code: 'ERR_SYSCOPE_BAD_TRACE' } as const

async function saved(run: object): Promise<SavedTrace> {
  const path = files.path()
  await saveTrace(run, path)
  return await loadTrace(path)
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/** What a run says, in all the ways that it has. */
function spoken(run: TraceResult): object {
  const { events, denied, leaked, rules } = run
  const calls = run.syscalls()
  const lists = [events, calls, denied, leaked].map((list) => list.map(String))
  return { lists, rules, summary: run.summary(), text: run.text({ columns: 0 }), json: JSON.stringify(run) }
}

test('a run with children, threads and rules is the same when it is loaded', async (t) => {
  const script =
    'require("child_process").spawnSync("sh", ["-c", "cat /etc/passwd | wc -l; cat /etc/shadow"]); require("fs").readFile("/etc/hosts", () => {})'
  const run = await keptRun(process.execPath, ['-e', script], {
    decodeFds: true,
    deny: [{ path: '/etc/shadow', error: 'EACCES' }],
    inject: [{ syscall: 'getppid', nth: 1, delayEnter: '1ms' }],
  })
  t.is(run.denied.length, 1)
  t.true(run.events.some((event) => event.type === 'exit'))
  const loaded = await saved(run)
  t.false(loaded.truncated)
  t.deepEqual(spoken(loaded), spoken(run))
  t.deepEqual(loaded.syscalls('openat').map(String), run.syscalls('openat').map(String))
  t.is(loaded.events.length, run.events.length)
  t.like(loaded.origin, { node: process.versions.node, arch: process.arch })
  const again = files.path()
  await saveTrace(loaded, pathToFileURL(again))
  t.deepEqual(spoken(await loadTrace(pathToFileURL(again))), spoken(run))
})

test('a filter is remembered, and what it leaves out cannot be asked for', async (t) => {
  const loaded = await saved(await keptRun('true', [], { filter: ['execve', 'openat'] }))
  t.is(loaded.syscalls('execve').length, 1)
  t.throws(() => loaded.syscalls('connect'), { code: 'ERR_SYSCOPE_NOT_RECORDED' })
  t.throws(() => loaded.syscalls('konnect' as 'connect'), { code: 'ERR_SYSCOPE_UNKNOWN_SYSCALL' })
})

test('converting gives what text() and JSON.stringify() give', async (t) => {
  const loaded = await saved(await keptRun('sh', ['-c', 'true & wait']))
  const all = async (format: 'text' | 'json' | 'ndjson') => (await collect(loaded.convert(format))).join('')
  t.is(await all('text'), loaded.text())
  t.is((await collect(loaded.convert('text', { columns: 0 }))).join(''), loaded.text({ columns: 0 }))
  t.is(await all('json'), JSON.stringify(loaded))
  t.is(await all('ndjson'), loaded.events.map((event) => `${JSON.stringify(event)}\n`).join(''))
  const path = join(files.root, 'lines')
  await pipeline(loaded.convert('ndjson'), createWriteStream(path))
  t.is(readFileSync(path, 'utf8'), await all('ndjson'))
  t.throws(() => loaded.convert('xml' as 'json'), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  t.throws(() => loaded.convert('text', { colour: 1 } as object), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
})

test('streaming gives all that a run that goes on gives, and the batches of the engine', async (t) => {
  const pending = callRecord({ nr: 0, seq: 2 }, KIND.PENDING)
  const chunks = [joined([session(), openat(1), pending]), joined([callRecord({ nr: 0, seq: 3 })])]
  const loaded = await saved(madeRun(chunks))
  t.deepEqual(
    (await collect(loaded)).map(({ type }) => type),
    ['syscall', 'pending', 'syscall'],
  )
  t.deepEqual(
    (await collect(loaded.batches())).map((batch) => batch.length),
    [2, 1],
  )
  t.is(loaded.events.length, 2)
  t.deepEqual(
    loaded.blocks.map(({ records, events, firstSeq, lastNs }) => ({ records, events, firstSeq, lastNs })),
    [{ records: 4, events: 2, firstSeq: 1, lastNs: 2000n }],
  )
})

test('which calls were recorded, and what time it was, is known', async (t) => {
  const words = { [SESSION.VERSION]: 1 }
  const clocks = { [SESSION.MONOTONIC_NS]: 5_000n, [SESSION.REALTIME_NS]: 1_700_000_000_000_005_000n }
  const start = record(KIND.SESSION, SESSION.SIZE_OF, { words, longs: clocks })
  const loaded = await saved(madeRun([joined([start, openat(1)])], { calls: new Set(['openat']) }))
  t.deepEqual(loaded.recorded, new Set(['openat']))
  t.is(loaded.realtimeOffsetNs, 1_700_000_000_000_000_000n)
  const clock = { format: 'unix', precision: 9, realtimeOffsetNs: loaded.realtimeOffsetNs ?? 0n } as const
  t.regex(loaded.text({ clock }), /^1700000000\.000001000 openat\(/)
  const unknown = await saved(madeRun([openat(1)]))
  t.is(unknown.recorded, 'all')
  t.is(unknown.realtimeOffsetNs, undefined)
})

test('how a run ended is there as it was', async (t) => {
  const loaded = await saved(madeRun([openat(1)], { calls: new Set(['openat']) }))
  for (const [key, value] of Object.entries(ending)) t.deepEqual(Reflect.get(loaded, key), value, key)
  t.deepEqual(Object.keys(loaded).toSorted(), Object.keys(ending).toSorted())
  const leaked = await saved(madeRun([joined([openat(1), record(KIND.LEAKED, LEAKED.SIZE_OF)])]))
  t.deepEqual(
    leaked.leaked.map(({ type, pid }) => ({ type, pid })),
    [{ type: 'leaked', pid: 7 }],
  )
})

test('a run that only counted keeps its counts', async (t) => {
  const empty = Uint8Array.of(0x53, 0x43, 0x4e, 0x54, 0, 0, 0, 0)
  const loaded = await saved(madeRun([], { counts: () => empty }))
  t.is(loaded.summary().total.calls, 0)
  for (const ask of [() => loaded.events, () => loaded.syscalls(), () => loaded.text()]) {
    t.throws(ask, { code: 'ERR_SYSCOPE_NOT_RECORDED' })
  }
  await t.throwsAsync(collect(loaded), { code: 'ERR_SYSCOPE_NOT_RECORDED' })
  t.deepEqual(JSON.parse((await collect(loaded.convert('json'))).join('')), JSON.parse(JSON.stringify(loaded)))
})

test('events are an array in all that arrays can do', async (t) => {
  const count = 40
  const bytes = await files.written(
    Array.from({ length: 8 }, (_, block) => Array.from({ length: 5 }, (_, index) => openat(5 * block + index))),
    madeRun([]),
  )
  await files.of(bytes, ({ events }) => {
    const names = (list: readonly unknown[]) => list.map(String)
    const plain = [...events]
    t.true(Array.isArray(events))
    t.is(events.length, count)
    t.is(plain.length, count)
    t.true(String(plain[39]).includes('/file/39'))
    t.deepEqual(names(events.slice(7, 12)), names(plain.slice(7, 12)))
    t.deepEqual(names(events.filter((_, index) => index % 7 === 0)), names(plain.filter((_, index) => index % 7 === 0)))
    t.is(String(events.at(-1)), String(plain.at(-1)))
    for (const index of [count, -1, 0.5]) t.false(Object.hasOwn(events, index))
    t.deepEqual(Object.keys(events), Object.keys(plain))
    t.deepEqual(names([...events.entries()].map(([, event]) => event)), names(plain))
    t.is(events.indexOf(plain[17]!), 17)
    t.true(plain.every((event, index) => event === events[index]))
    t.deepEqual([3 in events, count in events, 'length' in events], [true, false, true])
    t.throws(() => Reflect.apply(Array.prototype.push, events, [1]), { instanceOf: TypeError })
    t.false(Reflect.set(events, 0, 1))
    t.false(Reflect.deleteProperty(events, 0))
    t.deepEqual(events, plain)
  })
})

test('a trace is written while it goes on', async (t) => {
  const path = files.path()
  const writer = await openTrace(path, {
    command: 'made',
    pid: 9,
    cwd: '/work',
    calls: new Set(['openat']),
    follow: true,
    rules: [],
  })
  void writer.write(joined([session(), openat(1)]))
  void writer.write(openat(2))
  await writer.flush()
  const early = await loadTrace(path)
  t.like(early, { truncated: true, complete: false, mode: 'filter', exitCode: undefined, command: 'made', pid: 9 })
  t.deepEqual(early.incomplete, ['unknown'])
  t.is(early.syscalls('openat').length, 2)
  t.throws(() => early.syscalls('read'), { code: 'ERR_SYSCOPE_NOT_RECORDED' })
  await writer.write(openat(3))
  await writer.end(madeRun([]))
  const whole = await loadTrace(path)
  t.like(whole, { truncated: false, complete: true, exitCode: 3, durationMs: 12.5, command: 'made' })
  t.is(whole.events.length, 3)
  await t.throwsAsync(writer.write(openat(4)).then(() => writer.flush()))
})

test('what waits for its block to be full is written all the same', async (t) => {
  const path = files.path()
  const writer = await openTrace(path, {
    command: 'made',
    pid: 9,
    cwd: undefined,
    calls: 'all',
    follow: true,
    rules: [],
  })
  await writer.write(joined([session(), openat(1)]))
  while ((await loadTrace(path)).events.length === 0) await sleep(20)
  await writer.abort()
  t.like(await loadTrace(path), { truncated: true, events: { length: 1 } })
})

test('what a source gives is written until it ends or fails', async (t) => {
  const start = { command: 'made', pid: 7, cwd: '/work', calls: 'all', follow: true, rules: [] } as const
  const sourceOf = (chunks: (Uint8Array | Error)[]) => ({
    async next() {
      const chunk = chunks.shift()
      if (chunk instanceof Error) throw chunk
      return chunk
    },
  })
  const [whole, broken] = [files.path(), files.path()]
  await writeTrace(await openTrace(whole, start), sourceOf([openat(1), openat(2)]), Promise.resolve(madeRun([])))
  t.like(await loadTrace(whole), { truncated: false, exitCode: 3, events: { length: 2 } })
  const error = new Error('gone')
  const failing = writeTrace(await openTrace(broken, start), sourceOf([openat(1), error]), Promise.reject(error))
  t.is(await t.throwsAsync(failing), error)
  t.like(await loadTrace(broken), { truncated: true, complete: false, events: { length: 1 } })
})

test('a writer that was given no whole records says so, and so do all calls after', async (t) => {
  const writer = await openTrace(files.path(), {
    command: '',
    pid: 1,
    cwd: undefined,
    calls: 'all',
    follow: true,
    rules: [],
  })
  const failures = [writer.write(openat(1).subarray(0, 40)), writer.flush(), writer.end()]
  const settled = await Promise.allSettled(failures)
  t.deepEqual(
    settled.map((it) => (it.status === 'rejected' && it.reason instanceof SyscopeError ? it.reason.code : it.status)),
    ['fulfilled', 'ERR_SYSCOPE_BAD_TRACE', 'ERR_SYSCOPE_BAD_TRACE'],
  )
})

test('saving replaces a file as a whole, or leaves it alone', async (t) => {
  const folder = join(files.root, 'atomic')
  mkdirSync(folder)
  const path = join(folder, 'it.trace')
  await saveTrace(madeRun([openat(1)]), path)
  const before = readFileSync(path)
  await t.throwsAsync(saveTrace(madeRun([openat(1), openat(1).subarray(0, 64)]), path), badTrace)
  t.deepEqual(readFileSync(path), before)
  await saveTrace(madeRun([openat(1), openat(2)]), path)
  t.is((await loadTrace(path)).events.length, 2)
  t.deepEqual(readdirSync(folder), ['it.trace'])
})

test('what cannot be saved is said', async (t) => {
  const run = madeRun([openat(1)])
  const nowhere = join(files.root, 'no/such/folder')
  const error = await t.throwsAsync(saveTrace(run, nowhere), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  t.like(error, { errno: 'ENOENT', message: `${nowhere}: cannot be written (ENOENT)` })
  for (const path of ['', 'a\0b', 5, undefined, new URL('https://a.b/c'), new URL('file:///a%00b')]) {
    await t.throwsAsync(saveTrace(run, path as string), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
    await t.throwsAsync(loadTrace(path as string), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  }
  for (const it of [{}, undefined, 'run']) {
    await t.throwsAsync(saveTrace(it as object, files.path()), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  }
  const gone = madeRun([], {
    chunks: () => {
      throw new SyscopeError('ERR_SYSCOPE_NOT_RECORDED', 'gone')
    },
  })
  const path = files.path()
  await t.throwsAsync(saveTrace(gone, path), { code: 'ERR_SYSCOPE_NOT_RECORDED' })
  t.false(readdirSync(files.root).some((name) => name.startsWith(basename(path))))
})

// Who changes the format changes its number: this file stays as it is.
const format1 = `
  iVNDT1ANChoBAAEAAAABAAAAAAAGyEh9HolzY29wZQEYAAAAAAAAAAAAAACmAAAAvAAAAE7jRJcAAAAAAAAAAAAAAAAAAAAAAAAA
  AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAALKURyYbuwAAgKqqqur/dKezmoaqubm6m9z8cPeTO8RBYXF3A1czdVD1FRx8AA7GgkhM
  EgPcaZMZfil1Ok8L8qV9Wii3hGC01QbFNdUlZQSn7VYPQ3cK3dO5EYWv4YLwdgOKpcSE0Dttjc65RvPPFHd3hN70rrO261d768SM
  Mmy1XY8HfopQ5tkvEWH2MaG4TRHZKMIrIvy9Sr2iCD7nhuBzRlEfOTXk+P8DHolzY29wZQIOAQAAAAAAAAEAAAB2AAAAdAEAAA21
  6wgDAAAAAgAAAAAAAAABAAAAAQAAAAAAAADQBwAAAAAAANAHAAAAAAAAAAAAAHQr7KwbcwEAgKqqquqfWPSgVz3q5aagejjp7aIK
  oAB60NtRD3o96OWol5sOwMFYEIlJYoA7bYK+BBUQ4AEpgpB8PS9YmTDlhoXVbsD0N8gYNj8HJEyZWGkk5XyI7hUwE6ehqaK5PT31
  MVvK1gbWhNmbMIERQSOeAZIKHolzY29wZQLUAQAAAAAAAAIAAABVAAAAnAAAABSwINEBAAAAAQAAAAAAAAABAAAAAwAAAAAAAAC4
  CwAAAAAAALgLAAAAAAAAAAAAAO5zNycbmwAAgKqqquqfWOSgB73oUS83OejxrAqgAHo86EFPBz0e9XLTATgYCyIxSQxwpw2iDaA1
  IElxCJpvRuxTKVmSlMP5EN17wUxcQ7HV3GClS4y5ejQAHolzY29wZQR5AgAAAAAAAAMAAACvAAAAywAAACCUGgkAAAAAAAAAAAAA
  AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAJWmdKgbygAAgKqqqur/dGfwo4DDBg5gIAB+cFiODu53MzuYq4g5KICp
  qoGqKIAbGNgAHIwFkZgkBrjTJjddoVF8/IFX6N/bPYmCzwSXsj5qmFXA4zAVJRSTVA2MVK2r4ppDF0EoJpozeMWuLMWlWcEtvotp
  AeH2aa7oN4L5oPKuBh4HQ0aO1DyYT/FVwMfT/kIIFlBDMPrJNIPgUpgnNQVbrkrwUWkktP1GyHXSZ5QCbvsNHolzY29wZQV4AwAA
  AAAAAAQAAAC4AAAAQAEAAFE9ECoAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAASXO8YbPwEAgKqq
  quof1cwBFjBwP/nBwQ8OdnI/ONz9cHEAv/nNDycHP7sDmIED+OHod3Pwi58N/OAA7uAADuAHP9z84g7gh5sf3cEH4GAsiMQkMcCd
  NgXQ3WSzxXIe2ohiV4k7Jp/RDqD0Uox7xoQTNUPUBayQBxrXby1GBIgNvGbwrJLCUX0gH/yOMNh3SUWYYo/WOX0ZR4uAmEDyLZEU
  juoF/2zYN6bUytpCyl0xTnggLTp1AkXbMj8AHolzY29wZQZ4AwAAAAAAAKAEAAAAAAAAAAAAAALMp3c=
`

test('what syscope 0.1.0 wrote on Node 26 is read', async (t) => {
  await files.of(Buffer.from(format1, 'base64'), (run) => {
    t.like(run, { ...ending, command: 'made', truncated: false, origin: { syscope: '0.1.0', node: '26.10.0' } })
    t.deepEqual(
      run.events.map((event) => [String(event), pathOf(event)]),
      [1, 2, 3].map((seq) => [`openat(AT_FDCWD, "/file/${seq}", O_RDONLY) = 3`, `/file/${seq}`]),
    )
  })
})

test('what is no trace is said', async (t) => {
  const path = files.path()
  for (const bytes of ['', 'x', '#!/bin/sh\necho this is something else altogether\n', '\x89PNG\r\n\x1a\n']) {
    writeFileSync(path, bytes)
    await t.throwsAsync(loadTrace(path), { ...badTrace, message: /is not a trace that syscope saved/ })
  }
  await t.throwsAsync(loadTrace(join(files.root, 'missing')), { ...badTrace, message: /missing: cannot be read/ })
  await t.throwsAsync(loadTrace(files.root), badTrace)
  const pipe = join(files.root, 'pipe')
  execFileSync('mkfifo', [pipe])
  const holder = createWriteStream(pipe, { flags: 'r+' })
  await once(holder, 'open')
  await t.throwsAsync(loadTrace(pipe), badTrace)
  holder.destroy()
})

test('a file of another version says who reads it', async (t) => {
  const bytes = await files.written([[openat(1)]], madeRun([]))
  for (const versions of [
    { format: 2, records: 1 },
    { format: 1, records: 9 },
  ]) {
    bytes.set(writePreamble({ ...versions, syscope: '7.8.9-beta.1' }))
    const error = await t.throwsAsync(
      files.of(bytes, () => {}),
      badTrace,
    )
    t.regex(error?.message ?? '', /syscope 7\.8\.9 wrote and reads/)
  }
})

test('a damaged block is named with its offset, and what stands before it is there', async (t) => {
  const bytes = await files.written([[openat(1)], [openat(2)], [openat(3)]], madeRun([]))
  const offsets = await files.of(bytes, ({ blocks }) => blocks.map(({ offset }) => offset))
  const second = offsets[1] ?? 0
  bytes[second + SECTION.SIZE_OF + 9]! ^= 1
  await files.of(bytes, async (trace) => {
    const message = new RegExp(`block at offset ${second} is damaged`)
    t.false(trace.truncated)
    t.is(trace.events.length, 3)
    t.true(String(trace.events[0]).includes('/file/1'))
    t.true(String(trace.events[2]).includes('/file/3'))
    t.throws(() => trace.events[1], { ...badTrace, message })
    for (const ask of [() => trace.text(), () => trace.summary(), () => trace.syscalls(), () => [...trace.events]]) {
      t.throws(ask, { ...badTrace, message })
    }
    const seen: string[] = []
    await t.throwsAsync(
      async () => {
        for await (const event of trace) seen.push(String(event))
      },
      { ...badTrace, message },
    )
    t.is(seen.length, 1)
  })
})

test('without an index blocks are found, and one that is missing among them is said', async (t) => {
  const bytes = await files.written([[openat(1)], [openat(2)], [openat(3)]], madeRun([]))
  const [, second = 0] = await files.of(bytes, ({ blocks }) => blocks.map(({ offset }) => offset))
  // The end is there, the footer is not.
  const cut = Buffer.from(bytes.subarray(0, -1))
  await files.of(cut, (trace) => {
    t.like(trace, { truncated: false, complete: true, exitCode: 3 })
    t.is(trace.syscalls('openat').length, 3)
  })
  cut[second + 20]! ^= 1
  await files.of(cut, async (trace) => {
    const message = new RegExp(`bytes at offset ${second} are damaged`)
    t.like(trace, { truncated: false, complete: false })
    for (const ask of [() => trace.events, () => trace.denied, () => trace.text()])
      t.throws(ask, { ...badTrace, message })
    await t.throwsAsync(collect(trace), { ...badTrace, message })
  })
  await files.of(Buffer.concat([bytes, Buffer.from('and more')]), (trace) => {
    t.like(trace, { truncated: false, complete: true })
    t.is(trace.events.length, 3)
  })
})

test('a file within a file is not mistaken for its own blocks', async (t) => {
  const inner = await files.written([[openat(1)], [openat(2)]], madeRun([]))
  const outer = await files.written([[openat(3)]])
  const broken = Buffer.concat([outer.subarray(0, -200), inner])
  await files.of(broken, (trace) => t.true(trace.truncated && trace.events.length <= 1))
})

/** A trace of three blocks, and where the records of each end. */
async function small(): Promise<{
  readonly bytes: Buffer
  readonly paths: readonly string[]
  ends: readonly number[]
}> {
  const many = Array.from({ length: 9 }, (_, index) => openat(index))
  const blocks = [[joined([session(), ...many.slice(0, 2)]), many[2]!], [joined(many.slice(3, 6))], many.slice(6)]
  const bytes = await files.written(blocks, madeRun([]))
  const ends = await files.of(bytes, (trace) => trace.blocks.map((it) => it.offset + SECTION.SIZE_OF + it.length))
  return { bytes, paths: many.map((_, index) => `/file/${index}`), ends }
}

/** The paths that a trace of these bytes opens, read to the end; or that it is said what is wrong. */
async function pathsOf(
  bytes: Uint8Array,
): Promise<{ readonly paths: readonly string[]; readonly isCut: boolean } | 'bad'> {
  try {
    return await files.of(bytes, async (trace) => {
      const streamed: string[] = []
      for await (const event of trace) streamed.push(pathOf(event))
      const paths = [...trace.events].map(pathOf)
      if (String(paths) !== String(streamed)) throw new Error('two ways give two answers')
      trace.text()
      trace.summary()
      void [trace.denied, trace.leaked, trace.rules, JSON.stringify(trace)]
      if (trace.truncated === trace.complete) throw new Error('a trace that is cut is not complete')
      return { paths, isCut: trace.truncated }
    })
  } catch (error) {
    // The other one: a section says that it has counts, and then the trace has no events.
    const codes = ['ERR_SYSCOPE_BAD_TRACE', 'ERR_SYSCOPE_NOT_RECORDED']
    if (error instanceof SyscopeError && codes.includes(error.code)) return 'bad'
    throw error
  }
}

function pathOf(event: { readonly type: string }): string {
  return 'args' in event && typeof event.args === 'object' && event.args !== null && 'pathname' in event.args
    ? String(event.args.pathname)
    : event.type
}

/** Some of the bytes are wrong: the same records or an error. */
async function checkDamaged(t: ExecutionContext, bytes: Uint8Array, paths: readonly string[]): Promise<void> {
  const found = await pathsOf(bytes)
  if (found !== 'bad') t.deepEqual(found.paths, paths)
}

test('wherever a file breaks off, all whole records before the break are there', async (t) => {
  const { bytes, paths, ends } = await small()
  const [first = 0] = ends
  let most = 0
  for (let length = 0; length <= bytes.length; length++) {
    const found = await pathsOf(bytes.subarray(0, length))
    if (found === 'bad') {
      t.true(length < first, String(length))
      continue
    }
    t.deepEqual(found.paths, paths.slice(0, found.paths.length))
    t.true(found.paths.length >= most, String(length))
    t.true(found.paths.length >= 3 * ends.filter((end) => end <= length).length, String(length))
    most = found.paths.length
    if (length === bytes.length) t.false(found.isCut)
  }
  t.is(most, paths.length)
})

test('records before a break within a block are there', async (t) => {
  const many = Array.from({ length: 4000 }, (_, index) => openat(index * 7919))
  const bytes = await files.written([many])
  const [block] = await files.of(bytes, ({ blocks }) => blocks)
  const middle = (block?.offset ?? 0) + SECTION.SIZE_OF + (block?.length ?? 0) / 2
  const found = await pathsOf(bytes.subarray(0, middle))
  if (found === 'bad') return t.fail()
  t.true(found.isCut)
  t.true(found.paths.length > 100, String(found.paths.length))
  t.deepEqual(
    found.paths,
    many.slice(0, found.paths.length).map((_, index) => `/file/${index * 7919}`),
  )
})

/** A trace without its index, and what its sections say of themselves. */
async function sealed(): Promise<{ readonly bytes: Buffer; readonly sections: readonly Section[] }> {
  const { bytes } = await small()
  const sections: Section[] = []
  for (let at: number = PREAMBLE.SIZE_OF; ; at = endOf(sections.at(-1)!)) {
    const section = readSection(bytes.subarray(at))
    if (section === undefined || section.kind === SECTION_KIND.INDEX) return { bytes: bytes.subarray(0, at), sections }
    sections.push(section)
  }
}

test('headers that lie, with checksums that fit, give records or an error', async (t) => {
  const { bytes, sections } = await sealed()
  const number = fc.oneof(fc.nat(9), fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constant(2 ** 30))
  const lies = fc.record(
    {
      kind: fc.nat(255),
      stored: number,
      raw: number,
      events: number,
      notable: number,
      chunks: number,
      records: number,
    },
    { requiredKeys: [] },
  )
  await fc.assert(
    fc.asyncProperty(fc.nat(sections.length - 1), lies, async (index, lie) => {
      const made = Buffer.from(bytes)
      const section = sections[index]!
      made.set(writeSection({ ...section, ...lie }), section.offset)
      await pathsOf(made)
    }),
    { numRuns: 300, examples: [[1, { events: 2 ** 32 - 1 }]] },
  )
  t.pass()
})

test('contents of anything, with checksums that fit, give records or an error', async (t) => {
  const { bytes, sections } = await sealed()
  const edits = fc.array(fc.tuple(fc.nat(4000), fc.nat(255)), { maxLength: 8 })
  const contents = (raw: Uint8Array) =>
    fc.oneof(
      fc.uint8Array({ maxLength: 300, size: 'max' }),
      fc.jsonValue().map((value) => Buffer.from(stringifyValue({ ...Object(value), origin: value }))),
      edits.map((all) => {
        const edited = Uint8Array.from(raw)
        for (const [at, value] of all) edited[at % edited.length] = value
        return edited
      }),
    )
  for (const section of sections) {
    const stored = bytes.subarray(section.offset + SECTION.SIZE_OF, endOf(section))
    await fc.assert(
      fc.asyncProperty(contents(decompress(stored, section.raw)), async (raw) => {
        const other = await compress(raw)
        const sizes = { raw: raw.length, stored: other.length, crc: crc32(other) }
        const header = writeSection({ ...section, ...sizes })
        // What follows stands elsewhere then, and is not found.
        await pathsOf(Buffer.concat([bytes.subarray(0, section.offset), header, other]))
      }),
      { numRuns: 100 },
    )
  }
  t.pass()
})

test('whichever byte is wrong, there are the same records or an error', async (t) => {
  const { bytes, paths } = await small()
  for (let at = 0; at < bytes.length; at++) {
    const flipped = Uint8Array.from(bytes)
    flipped[at]! ^= 1 << (at % 8)
    await checkDamaged(t, flipped, paths)
  }
})

test('any damage gives records or an error', async (t) => {
  const { bytes, paths } = await small()
  const edits = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(edits, async (edits) => {
      const damaged = Uint8Array.from(bytes)
      for (const [at, value] of edits) damaged[at] = value
      // Without its end a trace may be shorter.
      const found = await pathsOf(damaged)
      if (found !== 'bad' && !found.isCut) t.deepEqual(found.paths, paths)
    }),
    { numRuns: 300 },
  )
  await fc.assert(
    fc.asyncProperty(edits, fc.nat(bytes.length), async (edits, length) => {
      const damaged = Uint8Array.from(bytes.subarray(0, length))
      for (const [at, value] of edits) if (at < length) damaged[at] = value
      await pathsOf(damaged)
    }),
    { numRuns: 300 },
  )
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400, size: 'max' }), async (tail) => {
      await pathsOf(joined([bytes.subarray(0, PREAMBLE.SIZE_OF), tail]))
    }),
    { numRuns: 100 },
  )
  t.pass()
})

test('a trace that is larger than the memory it takes is written chunk by chunk and read block by block', async (t) => {
  const [perChunk, count] = [2000, 2_000_000]
  const one = openat(1_000_000)
  const chunk = joined(Array.from({ length: perChunk }, () => one))
  const path = files.path()
  const writer = await openTrace(path, { command: 'big', pid: 7, cwd: '/work', calls: 'all', follow: true, rules: [] })
  for (let seq = 0; seq < count; seq += perChunk) {
    const next = Uint8Array.from(chunk)
    const view = new DataView(next.buffer)
    for (let index = 0; index < perChunk; index++) {
      view.setBigUint64(index * one.length + HEADER.SEQ, BigInt(seq + index), true)
    }
    await writer.write(next)
  }
  await writer.end(madeRun([]))
  const trace = await loadTrace(path)
  t.like(trace, { truncated: false, complete: true })
  t.is(trace.events.length, count)
  t.true(trace.blocks.length > (count * one.length) / 2 ** 21)
  t.is(trace.blocks.at(-1)?.firstSeq, count - (trace.blocks.at(-1)?.records ?? 0))
  t.is(pathOf(trace.events[count - 1]!), '/file/1000000')
  trace.close()
  // In a process of its own, whose memory is nobody else's.
  const script = join(import.meta.dirname, 'walk-trace.ts')
  const walked = execFileSync(process.execPath, [...process.execArgv, script, path], { encoding: 'utf8' })
  const { streamed, summed, grownBy } = JSON.parse(walked) as Readonly<Record<string, number>>
  t.deepEqual([streamed, summed], [count, count])
  t.true(grownBy! < (count * one.length) / 3, `${grownBy} bytes`)
})

test('a closed trace gives what it has, and says that it is closed', async (t) => {
  const loaded = await saved(madeRun([openat(1)]))
  const [event] = loaded.events
  loaded.close()
  loaded.close()
  t.is(loaded.exitCode, 3)
  t.is(loaded.events[0], event)
  t.throws(() => loaded.text(), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
})

test('a file that others may not read is said', async (t) => {
  const path = files.path()
  await saveTrace(madeRun([openat(1)]), path)
  chmodSync(path, 0)
  if (process.getuid?.() === 0) return t.pass()
  await t.throwsAsync(loadTrace(path), { ...badTrace, message: /EACCES|cannot be read/ })
})

test('values come back as they were', (t) => {
  t.is(crc32(Buffer.from('123456789')), 0xcbf4_3926)
  const tricky = { $syscope: ['bigint', '5'], a: [1n, -(2n ** 70n), /x\/y/gi, new Set(['a']), Infinity, '\udc80'] }
  t.deepEqual(parseValue(stringifyValue(tricky)), tricky)
  const bytes = fc.uint8Array().map((it) => Uint8Array.from(it))
  const value = fc.anything({
    values: [fc.string(), fc.bigInt(), fc.boolean(), fc.integer(), bytes, fc.constant(null)],
  })
  fc.assert(
    fc.property(value, (value) => {
      t.deepEqual(parseValue(stringifyValue({ value })), { value })
    }),
  )
  fc.assert(fc.property(fc.json(), (json) => void parseValue(json)))
})
