import { expect } from '@jest/globals'
import { trace } from 'syscope'
import 'syscope/jest'

async function main(): Promise<void> {
  expect(await trace('true')).toCall('openat', { pathname: '/dev/null' })
  // @ts-expect-error A misspelt matcher.
  expect(await trace('true')).toCal('openat')
}
export = main
