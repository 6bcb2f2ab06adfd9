import { trace } from 'syscope'
import { expect } from 'syscope/expect'

async function main(): Promise<void> {
  expect(await trace('true')).toCall('openat', { pathname: '/dev/null' })
  // @ts-expect-error A misspelt matcher.
  expect(await trace('true')).toCal('openat')
}
export = main
