/**
 * Adds the matchers to jest's `expect` (jest 29 and later), the global one and that of `@jest/globals`. Import it in a test, or name it in
 * `setupFilesAfterEnv` and in the `types` of tsconfig.json.
 *
 * @example
 * const { trace } = require('syscope')
 * require('syscope/jest')
 * test('works offline', async () => {
 *   expect(await trace('node', ['cli.js'], { observe: 'network' })).toHaveNoNetwork()
 * })
 */

import { expect } from '@jest/globals'
import { matchers, type RunMatchers } from '../kit/matchers/index.ts'
import { extension, type Asked } from './extension.ts'

declare global {
  namespace jest {
    interface Matchers<R, T = {}> extends RunMatchers<R> {}
  }
}

declare module 'expect' {
  interface Matchers<R extends void | Promise<void>, T = unknown> extends RunMatchers<R> {}
}

interface State extends Asked {
  readonly utils: { diff(expected: unknown, actual: unknown): string | null }
}

expect.extend(
  extension<State>(matchers, {
    expectOf: () => expect,
    difference: ({ utils }, { actual, expected }) => {
      const difference = utils.diff(expected, actual)
      return difference === null ? '' : `\n\n${difference}`
    },
  }),
)
