import { expect } from '@jest/globals'
import { trace } from 'syscope'
import 'syscope/jest'

const run = await trace('true')
expect(run).toCall('openat', { pathname: '/dev/null' })
expect(run).not.toCall('openat', {}, { times: 2 })
const nothing: void = expect(run).toBeComplete()
const promise: Promise<void> = expect(trace('true')).resolves.toBeComplete()
// @ts-expect-error A misspelt matcher.
expect(run).toCal('openat')
// @ts-expect-error A misspelt system call.
expect(run).toCall('opennat')
// @ts-expect-error A misspelt argument.
expect(run).toCall('openat', { pathnam: '/dev/null' })
// @ts-expect-error The same behind `resolves`.
await expect(trace('true')).resolves.toBeComplet()
export { nothing, promise }
