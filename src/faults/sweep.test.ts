import test from 'ava'
import type { FaultRun, Progress } from './options.ts'
import type { FaultKind, Line, Task } from './plan.ts'
import { sweep, type Attempt, type Limits } from './sweep.ts'

const kind: FaultKind = { label: 'EIO', error: 'EIO', rows: [], isHarmless: false }

function lineOf(count: number, isSteady = true): Line {
  return { name: 'write', where: {}, label: undefined, count, isSteady }
}

function tasksOf(line: Line): readonly Task[] {
  return Array.from({ length: line.count }, (_, index) => {
    return { line, nth: index + 1, kind, row: { calls: [] }, isLasting: false, position: index }
  })
}

function runOf({ nth }: Task, isBug = false): FaultRun {
  return {
    fault: 'EIO',
    call: 'write',
    target: undefined,
    nth,
    lasting: false,
    text: '',
    program: undefined,
    argv: undefined,
    verdict: isBug ? 'torn' : 'survived',
    isBug,
    findings: [],
    exitCode: 0,
    signal: undefined,
    stdout: '',
    stderr: '',
    durationMs: 1,
    left: [],
    torn: [],
    unchanged: [],
    rules: [{ syscall: 'write' }],
    repeat: '',
  }
}

const noLimits: Limits = {
  concurrency: 3,
  mostBugs: Infinity,
  maxRuns: Infinity,
  timeBudget: undefined,
  signal: undefined,
}

function swept(tasks: readonly Task[], attempt: Attempt, limits: Partial<Limits> = {}) {
  return sweep(tasks, attempt, { ...noLimits, ...limits }, () => {})
}

test('every task has its run, in the order of the calls', async (t) => {
  const { runs, missed, left, stoppedBy } = await swept(tasksOf(lineOf(7)), async (task) => runOf(task))
  t.deepEqual(
    runs.map(({ run }) => run.nth),
    [1, 2, 3, 4, 5, 6, 7],
  )
  t.deepEqual({ missed, left, stoppedBy }, { missed: 0, left: 0, stoppedBy: undefined })
})

test('no more run at a time than may', async (t) => {
  let running = 0
  let most = 0
  await swept(tasksOf(lineOf(9)), async (task) => {
    most = Math.max(most, (running += 1))
    await Promise.resolve()
    running -= 1
    return runOf(task)
  })
  t.is(most, 3)
})

test('where a call does not come, later ones are not tried', async (t) => {
  const attempt: Attempt = async (task) => (task.nth < 3 ? runOf(task) : undefined)
  const { runs, missed } = await swept(tasksOf(lineOf(6)), attempt, { concurrency: 1 })
  t.is(runs.length, 2)
  t.is(missed, 4)
})

test('of calls that are not always as many more are tried until none comes', async (t) => {
  const attempt: Attempt = async (task) => (task.nth <= 4 ? runOf(task) : undefined)
  const { runs } = await swept(tasksOf(lineOf(2, false)), attempt)
  t.deepEqual(
    runs.map(({ run }) => run.nth),
    [1, 2, 3, 4],
  )
})

test('it stops at the bugs that were asked for', async (t) => {
  const attempt: Attempt = async (task) => runOf(task, task.nth === 2)
  const { runs, left, stoppedBy } = await swept(tasksOf(lineOf(5)), attempt, { concurrency: 1, mostBugs: 1 })
  t.is(runs.length, 2)
  t.deepEqual({ left, stoppedBy }, { left: 3, stoppedBy: 'stopOn' })
})

test('it stops at the number of runs', async (t) => {
  const attempt: Attempt = async (task) => runOf(task)
  const { runs, left, stoppedBy } = await swept(tasksOf(lineOf(5)), attempt, { maxRuns: 2 })
  t.deepEqual({ runs: runs.length, left, stoppedBy }, { runs: 2, left: 3, stoppedBy: 'maxRuns' })
})

const forever: Attempt = (_, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
  })

test('an abort ends what runs, and what was found is kept', async (t) => {
  const controller = new AbortController()
  const attempt: Attempt = (task, signal) => {
    if (task.nth < 3) return Promise.resolve(runOf(task))
    queueMicrotask(() => controller.abort())
    return forever(task, signal)
  }
  const { runs, left, stoppedBy } = await swept(tasksOf(lineOf(6)), attempt, {
    concurrency: 1,
    signal: controller.signal,
  })
  t.deepEqual({ runs: runs.length, left, stoppedBy }, { runs: 2, left: 4, stoppedBy: 'signal' })
})

test('a time budget ends what runs', async (t) => {
  const { left, stoppedBy } = await swept(tasksOf(lineOf(4)), forever, { timeBudget: 5 })
  t.deepEqual({ left, stoppedBy }, { left: 4, stoppedBy: 'timeBudget' })
})

test('a run that cannot be made ends the sweep', async (t) => {
  const attempt: Attempt = async (task, signal) => {
    if (task.nth === 2) throw new Error('no more processes')
    return forever(task, signal)
  }
  await t.throwsAsync(swept(tasksOf(lineOf(4)), attempt), { message: 'no more processes' })
})

test('who is told of the progress can end the sweep by throwing', async (t) => {
  let running = 0
  const attempt: Attempt = async (task, signal) => {
    running += 1
    try {
      if (task.nth === 1) return runOf(task)
      return await forever(task, signal)
    } finally {
      running -= 1
    }
  }
  const tell = ({ done }: Progress): void => {
    if (done === 1) throw new Error('enough')
  }
  await t.throwsAsync(sweep(tasksOf(lineOf(5)), attempt, noLimits, tell), { message: 'enough' })
  t.is(running, 0)
})

test('progress tells of each start and end', async (t) => {
  const told: Progress[] = []
  await sweep(
    tasksOf(lineOf(2)),
    async (task) => runOf(task, true),
    { ...noLimits, concurrency: 1 },
    (it) => told.push(it),
  )
  t.deepEqual(
    told.map(({ done, total, found, current, run }) => [done, total, found, current, run?.nth]),
    [
      [0, 2, 0, 'write #1 EIO', undefined],
      [1, 2, 1, 'write #1 EIO', 1],
      [1, 2, 1, 'write #2 EIO', undefined],
      [2, 2, 2, 'write #2 EIO', 2],
    ],
  )
})
