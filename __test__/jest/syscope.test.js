// Run by jest, with its own module system, in a folder where the packed package is installed.
const { existsSync } = require('node:fs')
const { trace, traceSelf, SyscopeError } = require('syscope')

test('a run can be expected of', async () => {
  const run = await trace('cat', ['/dev/null'])
  expect(run.exitCode).toBe(0)
  expect(run.syscalls('openat').map((event) => event.args.pathname)).toContain('/dev/null')
})

test('a failure is an instance of the class that the test imports', async () => {
  await expect(Promise.resolve(trace('/no/such/command'))).rejects.toBeInstanceOf(SyscopeError)
})

test('the very process of the tests is traced, whatever its clock says', async () => {
  jest.useFakeTimers()
  const run = await traceSelf(() => existsSync('/no/such/file'))
  jest.useRealTimers()
  expect(run.value).toBe(false)
  const paths = run.syscalls().flatMap((call) => ('pathname' in call.args ? [call.args.pathname] : []))
  expect(paths).toContain('/no/such/file')
})
