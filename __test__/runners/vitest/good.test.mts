import { trace, type TraceResult } from 'syscope'
import { describe, expect, test } from 'vitest'
import 'syscope/vitest'

const offline = (): PromiseLike<TraceResult> => trace('cat', ['/dev/null'])

describe('a run', () => {
  test('is expected of', async () => {
    const run = await offline()
    expect(run).toCall('openat', { pathname: '/dev/null' })
    expect(run).not.toCall('connect')
    expect(run, 'with words of its own').toBeComplete()
    expect.soft(run).not.toCall({ syscall: 'connect' })
    await expect(offline()).resolves.toBeComplete()
    await expect(offline()).resolves.not.toCall({ syscall: 'connect' })
  })

  test('counts once', async () => {
    expect.assertions(2)
    const run = await offline()
    expect(run).toBeComplete()
    expect(run).toMatchSyscallSnapshot({ file: 'own.snap' })
  })

  test('is expected of by the matchers of vitest too', async () => {
    expect(await offline()).toMatchObject({ exitCode: 0 })
  })
})
