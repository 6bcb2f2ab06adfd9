/** How long calls took: sums, extremes and percentiles, in bounded memory. The engine counts into the same buckets. */

/** How long calls took that came back, in nanoseconds; all 0 where none did. */
export interface Times {
  /** All together. */
  readonly totalNs: bigint
  /** The shortest. */
  readonly minNs: bigint
  /** The longest. */
  readonly maxNs: bigint
  /** Half of the calls took no longer; right within 2 %. */
  readonly p50Ns: bigint
  /** Nine of ten took no longer; right within 2 %. */
  readonly p90Ns: bigint
  /** 99 of a hundred took no longer; right within 2 %. */
  readonly p99Ns: bigint
}

/** Each power of two is cut into so many buckets, so that a bucket is at most 3 % wide. */
const PER_OCTAVE = 32

/** Nanoseconds below this have a bucket each. */
export function bucketOf(ns: number): number {
  if (ns < PER_OCTAVE) return Math.floor(ns)
  const exponent = exponentOf(ns)
  const shift = exponent - 5
  return shift * PER_OCTAVE + Math.floor(ns / 2 ** shift)
}

function exponentOf(ns: number): number {
  const high = Math.floor(ns / 2 ** 32)
  return high === 0 ? 31 - Math.clz32(ns) : 63 - Math.clz32(high)
}

/** The middle of a bucket. */
export function middleOf(bucket: number): number {
  if (bucket < 2 * PER_OCTAVE) return bucket
  const shift = Math.floor(bucket / PER_OCTAVE) - 1
  return (bucket - shift * PER_OCTAVE + 0.5) * 2 ** shift
}

export class Histogram {
  #totalNs = 0
  #minNs = Infinity
  #maxNs = 0
  readonly #buckets = new Map<number, number>()

  add(ns: number): void {
    this.#addSums(ns, ns, ns)
    this.#addBucket(bucketOf(ns), 1)
  }

  /** What somebody else counted. */
  addCounted(
    { totalNs, minNs, maxNs }: { readonly totalNs: number; readonly minNs: number; readonly maxNs: number },
    buckets: Iterable<readonly [bucket: number, count: number]>,
  ): void {
    let some = false
    for (const [bucket, count] of buckets) {
      this.#addBucket(bucket, count)
      some = true
    }
    if (some) this.#addSums(totalNs, minNs, maxNs)
  }

  merge(other: Histogram): void {
    this.addCounted({ totalNs: other.#totalNs, minNs: other.#minNs, maxNs: other.#maxNs }, other.#buckets)
  }

  times(): Times {
    const minNs = this.#buckets.size === 0 ? 0 : this.#minNs
    const [p50, p90, p99] = this.#percentiles([0.5, 0.9, 0.99])
    return {
      totalNs: BigInt(this.#totalNs),
      minNs: BigInt(minNs),
      maxNs: BigInt(this.#maxNs),
      p50Ns: p50 ?? 0n,
      p90Ns: p90 ?? 0n,
      p99Ns: p99 ?? 0n,
    }
  }

  #addSums(totalNs: number, minNs: number, maxNs: number): void {
    this.#totalNs += totalNs
    if (minNs < this.#minNs) this.#minNs = minNs
    if (maxNs > this.#maxNs) this.#maxNs = maxNs
  }

  #addBucket(bucket: number, count: number): void {
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + count)
  }

  /** Nearest rank; of ascending parts of the whole. */
  #percentiles(parts: readonly number[]): readonly bigint[] {
    const sorted = [...this.#buckets].toSorted(([a], [b]) => a - b)
    const whole = sorted.reduce((sum, [, count]) => sum + count, 0)
    const found: bigint[] = []
    let seen = 0
    for (const [bucket, count] of sorted) {
      seen += count
      while (found.length < parts.length && seen >= Math.ceil((parts[found.length] ?? 1) * whole)) {
        const ns = Math.min(Math.max(middleOf(bucket), this.#minNs), this.#maxNs)
        found.push(BigInt(Math.round(ns)))
      }
    }
    return found
  }
}
