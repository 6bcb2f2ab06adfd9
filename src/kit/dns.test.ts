import fc from 'fast-check'
import test from 'ava'
import { DnsStream, nscdQuestion, questionsOf, varlinkQuestion } from './dns.ts'

/** A query (RFC 1035, 4.1) for names with types. */
function query(...questions: readonly (readonly [name: string, type: number])[]): Uint8Array {
  const header = Buffer.from([0xab, 0xcd, 0x01, 0, 0, questions.length, 0, 0, 0, 0, 0, 0])
  const bodies = questions.map(([name, type]) => {
    const labels = name
      .split('.')
      .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, 'latin1')]))
    return Buffer.concat([...labels, Buffer.from([0, type >> 8, type & 0xff, 0, 1])])
  })
  return Buffer.concat([header, ...bodies])
}

test('a query has the questions that were put into it', (t) => {
  t.deepEqual(questionsOf(query(['example.com', 1])), [{ name: 'example.com', type: 'A' }])
  t.deepEqual(questionsOf(query(['a.b', 28], ['_x._tcp.b', 33])), [
    { name: 'a.b', type: 'AAAA' },
    { name: '_x._tcp.b', type: 'SRV' },
  ])
  t.deepEqual(questionsOf(query(['x.test', 4711])), [{ name: 'x.test', type: 'TYPE4711' }])
})

test('the root and bytes that are no text have a name that can be read', (t) => {
  const root = Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1])
  t.deepEqual(questionsOf(root), [{ name: '.', type: 'NS' }])
  t.deepEqual(questionsOf(query(['\u00ff \\.test', 1])), [{ name: String.raw`\255\032\\.test`, type: 'A' }])
})

test('answers, other operations and what is cut have no questions', (t) => {
  const answer = Uint8Array.from(query(['example.com', 1]))
  answer[2] = 0x81
  t.deepEqual(questionsOf(answer), [])
  const whole = query(['example.com', 1])
  for (let length = 0; length < whole.length - 2; length++) t.deepEqual(questionsOf(whole.subarray(0, length)), [])
})

test('over TCP, messages come in pieces of any size', (t) => {
  const messages = [query(['one.test', 1]), query(['two.test', 28])]
  const bytes = Buffer.concat(messages.map((it) => Buffer.concat([Buffer.from([0, it.length]), it])))
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: bytes.length })), (cuts) => {
      const stream = new DnsStream()
      const at = [0, ...cuts.toSorted((a, b) => a - b), bytes.length]
      const found = at.slice(1).flatMap((end, index) => {
        const piece = bytes.subarray(at[index], end)
        return stream.push(piece, piece.length)
      })
      t.deepEqual(found, [
        { name: 'one.test', type: 'A' },
        { name: 'two.test', type: 'AAAA' },
      ])
    }),
  )
})

test('over TCP, nothing is made up behind bytes that are missing', (t) => {
  const stream = new DnsStream()
  const message = query(['one.test', 1])
  t.deepEqual(stream.push(Buffer.concat([Buffer.from([0, 200]), message]), 202), [{ name: 'one.test', type: 'A' }])
  t.deepEqual(stream.push(Buffer.concat([Buffer.from([0, message.length]), message]), message.length + 2), [])
})

test('no bytes at all make it throw', (t) => {
  const good = query(['one.test', 1], ['two.test', 28])
  const edits = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
  const damaged = fc.tuple(edits, fc.nat(good.length)).map(([all, length]) => {
    const bytes = Uint8Array.from(good)
    for (const [at, value] of all) bytes[at] = value
    return bytes.subarray(0, length)
  })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 80, size: 'max' }), damaged), (bytes) => {
      for (const read of [questionsOf, nscdQuestion, varlinkQuestion]) read(bytes)
      new DnsStream().push(bytes, bytes.length)
    }),
  )
  t.pass()
})

test('what nscd and systemd-resolved are asked', (t) => {
  const nscd = (type: number): Buffer =>
    Buffer.concat([Buffer.from(Int32Array.of(2, type, 10).buffer), Buffer.from('host.test\0')])
  t.deepEqual(nscdQuestion(nscd(14)), { name: 'host.test' })
  t.deepEqual(nscdQuestion(nscd(4)), { name: 'host.test', type: 'A' })
  // Who a user is.
  t.is(nscdQuestion(nscd(0)), undefined)
  const call = { method: 'io.systemd.Resolve.ResolveHostname', parameters: { name: 'host.test', family: 10 } }
  t.deepEqual(varlinkQuestion(Buffer.from(`${JSON.stringify(call)}\0`)), { name: 'host.test', type: 'AAAA' })
  t.is(varlinkQuestion(Buffer.from('{"method":"io.systemd.UserDatabase.GetUserRecord"}\0')), undefined)
})
