const { expect, test } = require('@jest/globals')
const { trace } = require('syscope')
require('syscope/jest')

test('the expect of @jest/globals has the matchers too', async () => {
  expect(await trace('true')).toCall('execve')
})
