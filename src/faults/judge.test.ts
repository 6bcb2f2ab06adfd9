import test from 'ava'
import { expectedOutput, judge, type Baseline, type Observed } from './judge.ts'
import type { Verdict } from './options.ts'
import type { FileState, Snapshot } from './snapshot.ts'

function file(text: string): FileState {
  return { kind: 'file', content: `644 ${text}`, size: text.length }
}

function files(contents: Readonly<Record<string, string>>): Snapshot {
  return new Map(Object.entries(contents).map(([path, text]) => [path, file(text)]))
}

const baseline: Baseline = {
  stdout: expectedOutput('saved\n', 'saved\n'),
  stderr: expectedOutput('', ''),
  files: {
    before: files({ a: 'old' }),
    clean: files({ a: 'new!' }),
    unsteady: new Set(),
    isUsual: (path) => path.startsWith('log-'),
  },
}
const clean: Observed = {
  exitCode: 0,
  signal: undefined,
  timedOutAfterMs: undefined,
  stdout: 'saved\n',
  stderr: '',
  fatal: [],
  files: files({ a: 'new!' }),
}
const failed = { exitCode: 1, stdout: '', stderr: 'cannot save\n', files: files({ a: 'old' }) }

const cases: readonly (readonly [title: string, Verdict, Partial<Observed>, isBug: boolean])[] = [
  ['nothing differs', 'survived', {}, false],
  ['a warning, and all is well', 'survived', { stderr: 'again\n' }, false],
  ['it failed, said so, and all is as before', 'failed', failed, false],
  ['it failed, said so, and all is new', 'failed', { ...failed, files: files({ a: 'new!' }) }, false],
  ['it said so on stdout', 'failed', { ...failed, stderr: '', stdout: 'cannot save\n' }, false],
  ['it failed without a word', 'mute', { ...failed, stderr: '' }, true],
  ['what is cut in a line is no word', 'mute', { ...failed, stderr: '', stdout: 'sav' }, true],
  ['all is as before, and it says nothing', 'silent', { files: files({ a: 'old' }) }, true],
  ['all is as before, and it warns', 'warned', { stderr: 'cannot save\n', files: files({ a: 'old' }) }, false],
  ['its output is cut', 'silent', { stdout: '' }, true],
  ['a file is neither old nor new', 'torn', { ...failed, files: files({ a: '' }) }, true],
  ['a file is gone', 'torn', { ...failed, files: files({}) }, true],
  ['a file is torn, and it says nothing', 'torn', { files: files({ a: 'ne' }) }, true],
  ['something is left behind', 'littered', { ...failed, files: files({ a: 'old', b: 'x' }) }, true],
  ['what is left has a usual name', 'failed', { ...failed, files: files({ a: 'old', 'log-7': 'x' }) }, false],
  ['a signal ended it', 'crashed', { exitCode: undefined, signal: 'SIGSEGV' }, true],
  ['a process of it died', 'crashed', { ...failed, fatal: ['SIGABRT'] }, true],
  ['it was still there', 'hung', { exitCode: undefined, signal: 'SIGKILL', timedOutAfterMs: 5000 }, true],
  ['the check says no', 'check failed', { checkError: new Error('no') }, true],
]

for (const [title, verdict, observed, isBug] of cases) {
  test(`${verdict}: ${title}`, (t) => {
    const judgement = judge(baseline, { ...clean, ...observed }, false)
    t.like(judgement, { verdict, isBug })
    t.is(judgement.findings.length === 0, verdict === 'survived')
  })
}

test('what could not be removed because of the fault is not left behind', (t) => {
  const observed = { ...clean, files: files({ a: 'new!', b: 'x' }) }
  t.is(judge(baseline, observed, false).verdict, 'littered')
  t.is(judge(baseline, { ...observed, isKept: (path) => path === 'b' }, false).verdict, 'survived')
})

test('who only had to call again must not fail', (t) => {
  t.like(judge(baseline, { ...clean, ...failed }, true), { verdict: 'failed', isBug: true })
  t.like(judge(baseline, clean, true), { verdict: 'survived', isBug: false })
})

test('what a torn file is, was and should be', (t) => {
  const { torn, findings } = judge(baseline, { ...clean, ...failed, files: files({ a: '' }) }, false)
  t.deepEqual(torn, [{ path: 'a', now: '0 bytes', before: '3 bytes', clean: '4 bytes' }])
  t.deepEqual(findings, ['a: 0 bytes, neither as before (3 bytes) nor as after a clean run (4 bytes)'])
})

test('of files of one size the contents are told apart', (t) => {
  const { torn } = judge(baseline, { ...clean, files: files({ a: 'bad' }) }, false)
  t.deepEqual(torn, [
    {
      path: 'a',
      now: '3 bytes, mode 644, sha256 bad…',
      before: '3 bytes, mode 644, sha256 old…',
      clean: '4 bytes, mode 644, sha256 new!…',
    },
  ])
})

test('of a file that is another one each time only that it holds something is expected', (t) => {
  const unsteady: Baseline = { ...baseline, files: { ...baseline.files!, unsteady: new Set(['a']) } }
  t.is(judge(unsteady, { ...clean, files: files({ a: 'newer' }) }, false).verdict, 'survived')
  t.is(judge(unsteady, { ...clean, files: files({ a: '' }) }, false).verdict, 'torn')
})

test('with a state of its own, bytes do not count', (t) => {
  const meaning: Baseline = { ...baseline, state: { before: '1', clean: '2' } }
  const verdictOf = (state: NonNullable<Observed['state']>): Verdict =>
    judge(meaning, { ...clean, ...failed, files: files({ a: 'bytes' }), state }, false).verdict
  t.is(verdictOf({ text: '1' }), 'failed')
  t.is(verdictOf({ text: '2' }), 'failed')
  t.is(verdictOf({ text: '1.5' }), 'torn')
  t.is(verdictOf({ error: new Error('malformed') }), 'torn')
  t.is(judge(meaning, { ...clean, state: { text: '1' } }, false).verdict, 'silent')
})

test('numbers that differ from run to run are not compared, nor is more', (t) => {
  const timed = expectedOutput('took 12 ms\n', 'took 15 ms\n')
  t.is(judge({ ...baseline, stdout: timed }, { ...clean, stdout: 'took 9 ms\n' }, false).verdict, 'survived')
  t.is(judge({ ...baseline, stdout: timed }, { ...clean, stdout: '' }, false).verdict, 'silent')
  const random = expectedOutput('abc\n', 'xyz\n')
  t.is(judge({ ...baseline, stdout: random }, { ...clean, stdout: 'klm\n' }, false).verdict, 'survived')
})
