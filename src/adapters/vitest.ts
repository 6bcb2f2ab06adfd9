/**
 * Adds the matchers to vitest's `expect` (vitest 3 and later). Import it in a test, or name it in `setupFiles` and in the `types` of tsconfig.json.
 *
 * @example
 * import { expect, test } from 'vitest'
 * import { trace } from 'syscope'
 * import 'syscope/vitest'
 * test('works offline', async () => {
 *   expect(await trace('node', ['cli.js'], { observe: 'network' })).toHaveNoNetwork()
 * })
 */

import { chai, expect } from 'vitest'
import { SyscopeError } from '../errors.ts'
import { matchers, type RunMatchers } from '../kit/matchers/index.ts'
import { extension, type SnapshotExpect } from './extension.ts'

declare global {
  // vitest's own `Matchers` takes other type parameters in each major version. All of them take over what chai's assertions have, as
  // vitest itself does when it runs.
  namespace Chai {
    interface Assertion extends RunMatchers {}
  }
}

/** A test, as chai's assertions know it. */
interface Test {
  readonly context: {
    /** Whether the test has used the `expect` of its context. Asking for that makes it so. */
    readonly _local?: boolean
    readonly expect: SnapshotExpect
  }
}

/** The `expect` that asks: tests that run concurrently have their own, and vitest 3 doesn't tell matchers which. */
let asking: SnapshotExpect = expect

expect.extend(extension(matchers, { expectOf: () => asking }))

chai.use(({ Assertion }, { flag, overwriteMethod }) => {
  for (const name of Object.keys(matchers)) {
    overwriteMethod(Assertion.prototype, name, (original) => {
      return function method(this: object, ...args) {
        const test = flag(this, 'vitest-test') as Test | undefined
        asking = test?.context._local === true ? test.context.expect : expect
        try {
          return Reflect.apply(original, this, args)
        } catch (error) {
          throw sinceCalled(error, method)
        }
      }
    })
  }
})

/** The same error: of what a matcher says, the stack begins at the user's line. Of mistakes in a matcher it stays. */
function sinceCalled(error: unknown, method: Function): unknown {
  const isSaid = error instanceof Error && (error.name === 'Error' || error instanceof SyscopeError)
  if (isSaid) Error.captureStackTrace(error, method)
  return error
}
