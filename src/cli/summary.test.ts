import test from 'ava'
import type { CallSummary } from '../../index.ts'
import { summaryText } from './summary.ts'

const none = { totalNs: 0n, minNs: 0n, maxNs: 0n, p50Ns: 0n, p90Ns: 0n, p99Ns: 0n }
const zero = { errors: 0, errnos: {}, unfinished: 0, wall: none, system: none }

const counts: readonly CallSummary[] = [
  {
    ...zero,
    name: 'read',
    calls: 5,
    unfinished: 1,
    system: { ...none, totalNs: 3_000_000n, minNs: 1000n, maxNs: 2_000_000n },
    wall: { ...none, totalNs: 30_000_000n, minNs: 10_000n, maxNs: 20_000_000n },
  },
  {
    ...zero,
    name: 'openat',
    calls: 2,
    errors: 1,
    system: { ...none, totalNs: 1_000_000n, minNs: 400_000n, maxNs: 600_000n },
    wall: { ...none, totalNs: 60_000_000n, minNs: 20_000_000n, maxNs: 40_000_000n },
  },
  { ...zero, name: 'exit_group', calls: 1, unfinished: 1 },
]

const plain = { sortBy: undefined, columns: undefined, wallClock: false }

test('the table has the columns and widths of strace', (t) => {
  t.is(
    summaryText(counts, plain),
    `% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 75.00    0.003000         750         4           read
 25.00    0.001000         500         2         1 openat
------ ----------- ----------- --------- --------- ----------------
100.00    0.004000         666         6         1 total
`,
  )
})

test('other columns, another order', (t) => {
  t.is(
    summaryText(counts, { ...plain, sortBy: 'name', columns: 'max-time,count' }),
    ` longest     calls syscall
-------- --------- ----------------
0.000600         2 openat
0.002000         4 read
-------- --------- ----------------
0.002000         6 total
`,
  )
})

test('what is equal, and -S nothing: by number', (t) => {
  const equal = ['openat', 'close', 'access'].map((name) => ({ ...zero, name, calls: 1 }))
  const order = (sortBy: string | undefined) =>
    summaryText(equal, { ...plain, sortBy, columns: 'name' })
      .split('\n')
      .slice(2, 5)
  t.deepEqual(order(undefined), ['close', 'access', 'openat'])
  t.deepEqual(order('nothing'), ['close', 'access', 'openat'])
  t.deepEqual(order('name'), ['access', 'close', 'openat'])
})

test('the wall clock beside or instead of processor time', (t) => {
  t.is(
    summaryText(counts, { ...plain, columns: 'time,total-time,wall-total,wall-min,max-wall,wall-avg' }),
    `% time     seconds  wall-total wall-min wall-max    wall-avg syscall
------ ----------- ----------- -------- -------- ----------- ----------------
 75.00    0.003000    0.030000 0.000010 0.020000        7500 read
 25.00    0.001000    0.060000 0.020000 0.040000       30000 openat
------ ----------- ----------- -------- -------- ----------- ----------------
100.00    0.004000    0.090000 0.000010 0.040000       15000 total
`,
  )
  t.is(
    summaryText(counts, { ...plain, wallClock: true, columns: 'time,total-time' }),
    `% time     seconds syscall
------ ----------- ----------------
 66.67    0.060000 openat
 33.33    0.030000 read
------ ----------- ----------------
100.00    0.090000 total
`,
  )
})

test('no calls, no division by zero', (t) => {
  t.regex(summaryText([], plain), /  0\.00    0\.000000           0         0           total\n$/)
})

test('unknown words are refused', (t) => {
  t.throws(() => summaryText(counts, { ...plain, sortBy: 'x' }), { message: "invalid sortby: 'x'" })
  t.throws(() => summaryText(counts, { ...plain, columns: 'x' }), { message: "unknown column name: 'x'" })
  t.throws(() => summaryText(counts, { ...plain, columns: 'calls,count' }), {
    message: "call summary column has been provided more than once: 'count' (-U option residual: 'count')",
  })
})
