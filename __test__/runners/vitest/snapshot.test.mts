import { trace, type TraceResult } from 'syscope'
import { expect, test } from 'vitest'
import 'syscope/vitest'

const run = (): PromiseLike<TraceResult> =>
  trace('cat', [process.env['CHANGED'] === undefined ? '/dev/null' : '/etc/hostname'])

test('is as before', async () => {
  expect.assertions(1)
  expect(await run()).toMatchSyscallSnapshot()
})

// Each has an `expect` of its own, and all of them ask at the same time.
for (const name of ['one', 'two', 'three']) {
  test.concurrent(`is as before, concurrent ${name}`, async ({ expect }) => {
    expect.assertions(2)
    expect(await run()).toMatchSyscallSnapshot()
    expect(await run()).toMatchSyscallSnapshot({ name: `again ${name}` })
  })
}
