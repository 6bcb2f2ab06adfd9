const { trace } = require('syscope')
require('syscope/jest')

const run = () => trace('cat', [process.env.CHANGED === undefined ? '/dev/null' : '/etc/hostname'])

test('is as before', async () => {
  expect.assertions(2)
  expect(await run()).toMatchSyscallSnapshot()
  expect(await run()).toMatchSyscallSnapshot({ name: 'again' })
})
