const { SyscopeError, trace } = require('syscope')
require('syscope/jest')

const offline = () => trace('cat', ['/dev/null'])

describe('a run', () => {
  test('is expected of', async () => {
    const run = await offline()
    expect(run).toCall('openat', { pathname: expect.stringContaining('null') })
    expect(run).not.toCall('connect')
    await expect(offline()).resolves.toBeComplete()
    await expect(offline()).resolves.not.toCall('connect')
  })

  test('counts once', async () => {
    expect.assertions(2)
    const run = await offline()
    expect(run).toBeComplete()
    expect(run).toMatchSyscallSnapshot({ file: 'own.snap' })
  })

  test('what a matcher throws is an instance of the class that the test imports', async () => {
    expect.assertions(1)
    const run = await trace('true', [], { filter: ['openat'] })
    try {
      expect(run).toCall('connect')
    } catch (error) {
      expect(error).toBeInstanceOf(SyscopeError)
    }
  })
})
