import { setImmediate } from 'node:timers/promises'
import test from 'ava'
import { callRecord, join, record } from '../__test__/records.ts'
import { Feed } from './feed.ts'
import type { NativeSession } from './native.ts'
import { KIND, LEAKED } from './record/layout.ts'

/** A session that has chunks to take; it remembers what was asked of it. */
class FakeSession implements NativeSession {
  readonly pid = 7
  readonly stdio = [-1, -1, -1] as const
  readonly chunks: Uint8Array[] = []
  readonly consuming: boolean[] = []
  abandoned = false

  take(): Uint8Array | null {
    return this.chunks.shift() ?? null
  }

  setConsuming(consuming: boolean): void {
    this.consuming.push(consuming)
  }

  abandon(): void {
    this.abandoned = true
  }

  counts = (): Uint8Array => new Uint8Array()
  kill = (): boolean => true
  detach = (): boolean => true
  stopRecording = (): void => {}
  end = (): null => null
  takeQuestion = (): null => null
  decide = (): boolean => true
}

function make(keep?: boolean, alwaysTakes = false): { readonly session: FakeSession; readonly feed: Feed } {
  const session = new FakeSession()
  return { session, feed: new Feed(session, keep, alwaysTakes) }
}

const chunk = (seq: number): Uint8Array => callRecord({ nr: 0, seq })

test('nothing is taken where nobody wants it, until the result does', (t) => {
  const { session, feed } = make()
  session.chunks.push(chunk(1))
  feed.wake()
  t.is(session.chunks.length, 1)
  session.chunks.push(chunk(2))
  feed.finish()
  t.is(session.chunks.length, 2)
  t.deepEqual(session.consuming, [])
  t.deepEqual(feed.all(), [chunk(1), chunk(2)])
  t.deepEqual(feed.all(), [chunk(1), chunk(2)])
  t.false(session.abandoned)
})

test('a reader takes one chunk at a time and ends with the run', async (t) => {
  const { session, feed } = make()
  const reader = feed.read()
  session.chunks.push(chunk(1), chunk(2))
  feed.wake()
  t.is(session.chunks.length, 2)
  t.deepEqual(await reader.next(), chunk(1))
  t.is(session.chunks.length, 1)
  t.deepEqual(await reader.next(), chunk(2))
  const waiting = reader.next()
  session.chunks.push(chunk(3))
  feed.wake()
  t.deepEqual(await waiting, chunk(3))
  const last = reader.next()
  feed.finish()
  t.is(await last, undefined)
})

test('what was read is not kept, and says so', (t) => {
  const { session, feed } = make()
  feed.read()
  feed.finish()
  t.throws(() => feed.all(), { code: 'ERR_SYSCOPE_NOT_RECORDED' })
  t.false(session.abandoned)
})

test('what was read and is kept is there twice', async (t) => {
  const { session, feed } = make(true)
  const reader = feed.read()
  session.chunks.push(chunk(1))
  t.deepEqual(await reader.next(), chunk(1))
  feed.finish()
  t.deepEqual(feed.all(), [chunk(1)])
})

test('a late reader starts at the beginning', async (t) => {
  const { session, feed } = make(true)
  const early = feed.read()
  session.chunks.push(chunk(1))
  t.deepEqual(await early.next(), chunk(1))
  const late = feed.read()
  t.deepEqual(await late.next(), chunk(1))
})

test('two readers each get everything', async (t) => {
  const { session, feed } = make()
  const one = feed.read()
  const two = feed.read()
  session.chunks.push(chunk(1), chunk(2))
  t.deepEqual(await one.next(), chunk(1))
  t.deepEqual(await one.next(), chunk(2))
  t.deepEqual(await two.next(), chunk(1))
  t.deepEqual(await two.next(), chunk(2))
})

test('a listener hears of everything at once, and it is kept', (t) => {
  const { session, feed } = make()
  const heard: Uint8Array[] = []
  const listener = (it: Uint8Array): void => void heard.push(it)
  feed.listen(listener)
  session.chunks.push(chunk(1), chunk(2))
  feed.wake()
  t.deepEqual(heard, [chunk(1), chunk(2)])
  feed.unlisten(listener)
  session.chunks.push(chunk(3))
  feed.wake()
  t.is(heard.length, 2)
  feed.finish()
  t.deepEqual(feed.all(), [chunk(1), chunk(2), chunk(3)])
})

test('the engine is asked to wake us only while somebody waits', (t) => {
  const { session, feed } = make()
  const listener = (): void => {}
  feed.listen(listener)
  feed.unlisten(listener)
  const reader = feed.read()
  reader.close()
  reader.close()
  t.deepEqual(session.consuming, [true, false, true, false])
})

test('where the tracees wait for room, it is made', (t) => {
  const { session, feed } = make(undefined, true)
  session.chunks.push(chunk(1), chunk(2))
  feed.wake()
  t.is(session.chunks.length, 0)
  t.deepEqual(session.consuming, [true])
  t.deepEqual(feed.all(), [chunk(1), chunk(2)])
})

test('what nobody will read is forgotten', (t) => {
  const left = make()
  left.feed.read().close()
  left.feed.finish()
  t.true(left.session.abandoned)
  const unwanted = make(false)
  unwanted.feed.finish()
  t.true(unwanted.session.abandoned)
})

test('leaked processes and denied calls are noted even where nothing is kept', async (t) => {
  for (const keep of [true, false]) {
    const { session, feed } = make(keep)
    const reader = feed.read()
    session.chunks.push(join([chunk(1), record(KIND.LEAKED, LEAKED.SIZE_OF), callRecord({ nr: 42, rule: 1 })]))
    await reader.next()
    feed.finish()
    t.deepEqual(
      feed.notable().map((it) => it.kind),
      [KIND.LEAKED, KIND.SYSCALL],
    )
  }
})

test('nobody is given more than a reader can keep up with that sets the pace', async (t) => {
  const { session, feed } = make(false)
  const [fast, slow] = [feed.read(), feed.read(true)]
  // A kind that nobody knows, as large as a reader may let wait.
  const large = (): Uint8Array => record(200, 2 ** 26)
  session.chunks.push(chunk(1), large(), chunk(2), chunk(3))
  t.deepEqual(await fast.next(), chunk(1))
  t.is((await fast.next())?.length, 2 ** 26)
  let held: Uint8Array | 'held' | undefined = 'held'
  const third = fast.next().then((it) => (held = it))
  feed.wake()
  feed.finish()
  await setImmediate()
  t.is(held, 'held')
  t.is(session.chunks.length, 2)
  t.deepEqual(await slow.next(), chunk(1))
  t.is((await slow.next())?.length, 2 ** 26)
  t.deepEqual(await third, chunk(2))
  slow.close()
  t.deepEqual(await fast.next(), chunk(3))
  t.is(await fast.next(), undefined)
})

test('a reader that set the pace and went away holds nobody up', async (t) => {
  const { session, feed } = make(false)
  const [fast, slow] = [feed.read(), feed.read(true)]
  session.chunks.push(record(200, 2 ** 26), record(200, 2 ** 26), chunk(1))
  await fast.next()
  await fast.next()
  const third = fast.next()
  slow.close()
  t.deepEqual(await third, chunk(1))
})
