import test from 'ava'
import fc from 'fast-check'
import { bucketOf, Histogram, middleOf } from './histogram.ts'

test('the middle of a bucket is at most 2 % from what lies in it', (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), (ns) => {
      t.true(Math.abs(middleOf(bucketOf(ns)) - ns) <= ns * 0.02)
    }),
  )
})

test('buckets ascend without gaps', (t) => {
  const buckets = Array.from({ length: 1000 }, (_, ns) => bucketOf(ns))
  t.true(buckets.every((bucket, at) => at === 0 || bucket - (buckets[at - 1] ?? 0) <= 1))
  t.deepEqual([31, 32, 63, 64, 2 ** 40].map(bucketOf), [31, 32, 63, 64, 36 * 32])
})

test('percentiles are those of the sorted times', (t) => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 1e12 }), { minLength: 1 }), (all) => {
      const histogram = new Histogram()
      for (const ns of all) histogram.add(ns)
      const sorted = all.toSorted((a, b) => a - b)
      const times = histogram.times()
      t.is(times.minNs, BigInt(sorted[0] ?? 0))
      t.is(times.maxNs, BigInt(sorted.at(-1) ?? 0))
      t.is(times.totalNs, BigInt(all.reduce((sum, ns) => sum + ns)))
      for (const [part, found] of [
        [0.5, times.p50Ns],
        [0.9, times.p90Ns],
        [0.99, times.p99Ns],
      ] as const) {
        const exact = sorted[Math.ceil(part * all.length) - 1] ?? 0
        t.true(Math.abs(Number(found) - exact) <= exact * 0.02 + 1, `${part}: ${found} for ${exact}`)
      }
    }),
  )
})

test('two histograms together are the histogram of all', (t) => {
  const [one, other, all] = [new Histogram(), new Histogram(), new Histogram()]
  for (const ns of [5, 700, 80_000]) {
    one.add(ns)
    other.add(ns * 3)
    all.add(ns)
    all.add(ns * 3)
  }
  one.merge(other)
  one.merge(new Histogram())
  t.deepEqual(one.times(), all.times())
})

test('nothing took no time', (t) => {
  t.deepEqual(new Histogram().times(), { totalNs: 0n, minNs: 0n, maxNs: 0n, p50Ns: 0n, p90Ns: 0n, p99Ns: 0n })
})
