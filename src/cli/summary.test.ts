import test from 'ava'
import { summaryText, type CallCount } from './summary.ts'

const counts: readonly CallCount[] = [
  { name: 'read', calls: 4, errors: 0, totalNs: 3_000_000n, minNs: 1000n, maxNs: 2_000_000n },
  { name: 'openat', calls: 2, errors: 1, totalNs: 1_000_000n, minNs: 400_000n, maxNs: 600_000n },
  { name: 'never', calls: 0, errors: 0, totalNs: 0n, minNs: 0n, maxNs: 0n },
]

const plain = { sortBy: undefined, columns: undefined }

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
    summaryText(counts, { sortBy: 'name', columns: 'max-time,count' }),
    ` longest     calls syscall
-------- --------- ----------------
0.000600         2 openat
0.002000         4 read
-------- --------- ----------------
0.002000         6 total
`,
  )
})

test('unknown words are refused', (t) => {
  t.throws(() => summaryText(counts, { ...plain, sortBy: 'x' }), { message: "invalid sortby: 'x'" })
  t.throws(() => summaryText(counts, { ...plain, columns: 'x' }), { message: "unknown column name: 'x'" })
  t.throws(() => summaryText(counts, { ...plain, columns: 'calls,count' }), { message: /more than once: 'count'/ })
})
