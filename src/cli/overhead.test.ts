import test from 'ava'
import { readDuration, withoutOverhead } from './overhead.ts'

test('microseconds, or what the unit says', (t) => {
  t.is(readDuration('2.5', '-O'), 2500n)
  t.is(readDuration('300ns', '-O'), 300n)
  t.is(readDuration('.5ms', '-O'), 500_000n)
  t.is(readDuration('2s', '-O'), 2_000_000_000n)
  for (const value of ['', '-42', '1h', 's', '1e99']) {
    t.throws(() => readDuration(value, '-O'), { message: `invalid -O argument: '${value}'` })
  }
})

test('it is taken off for each call that came back', (t) => {
  const wall = { totalNs: 100n, minNs: 5n, maxNs: 60n, p50Ns: 20n, p90Ns: 50n, p99Ns: 60n }
  const system = { ...wall, totalNs: 20n }
  const call = { name: 'read', calls: 5, errors: 0, errnos: {}, unfinished: 1, wall, system }
  t.deepEqual(withoutOverhead([call], 10n), [
    {
      ...call,
      wall: { totalNs: 60n, minNs: 0n, maxNs: 50n, p50Ns: 10n, p90Ns: 40n, p99Ns: 50n },
      system: { totalNs: 0n, minNs: 0n, maxNs: 50n, p50Ns: 10n, p90Ns: 40n, p99Ns: 50n },
    },
  ])
})
