import test from 'ava'
import { callRecord } from '../../__test__/records.ts'
import type { NativeSession } from '../native.ts'
import { KIND } from '../record/layout.ts'
import { Interceptor } from './interceptor.ts'
import { readIntercept } from './read.ts'

/** A session with one call to ask about, which refuses the first decision. */
function sessionThatRefuses(refusals: number): { readonly session: NativeSession; readonly decided: number[] } {
  const questions = [callRecord({ nr: 39 }, KIND.PENDING)]
  const decided: number[] = []
  const session: NativeSession = {
    pid: 7,
    stdio: [-1, -1, -1],
    setConsuming: () => {},
    take: () => null,
    counts: () => new Uint8Array(),
    takeQuestion: () => questions.shift() ?? null,
    decide: (question) => {
      decided.push(question)
      if (decided.length <= refusals) throw new Error('refused')
      return true
    },
    kill: () => true,
    detach: () => true,
    stopRecording: () => {},
    end: () => null,
    abandon: () => {},
  }
  return { session, decided }
}

test('a decision that the engine refuses is told, and the thread goes on', (t) => {
  const intercepted = readIntercept({ intercept: { getpid: () => undefined } })
  if (intercepted === undefined) throw new Error('there is a handler')
  const { session, decided } = sessionThatRefuses(1)
  const interceptor = new Interceptor(session, intercepted, [], 'continue')
  interceptor.look()
  t.is(String(interceptor.failure?.error), 'Error: refused')
  t.is(decided.length, 2, 'and then let go on')
  t.deepEqual(interceptor.waiting(), [])
})

test('a decision that the engine takes closes its question', (t) => {
  const intercepted = readIntercept({ intercept: { getpid: () => undefined } })
  if (intercepted === undefined) throw new Error('there is a handler')
  const { session, decided } = sessionThatRefuses(0)
  const interceptor = new Interceptor(session, intercepted, [], 'continue')
  interceptor.look()
  t.is(interceptor.failure, undefined)
  t.is(decided.length, 1)
  t.deepEqual(interceptor.waiting(), [])
})
