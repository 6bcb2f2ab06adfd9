/** The word that was probably meant. */

/** Letters that are enough to know a longer word by. */
const TELLING = 3

/** In any case, with a slip of the finger, or a part of it (`KILL`, `INET`); `undefined` where nothing is near enough. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const lower = word.toLowerCase()
  const near = nearestSlip(lower, words)
  if (near !== undefined || word.length < TELLING) return near
  const find = (isLonger: (longer: string) => boolean): string | undefined =>
    words.find((it) => isLonger(it.toLowerCase()))
  return find((it) => it.endsWith(lower)) ?? find((it) => it.startsWith(lower))
}

function nearestSlip(word: string, words: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of words) {
    if (Math.abs(candidate.length - word.length) >= least) continue
    const distance = editDistance(word, candidate.toLowerCase())
    if (distance < least) {
      best = candidate
      least = distance
    }
  }
  return best
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1]
      let cost = Math.min(at(last, column) + 1, at(current, column - 1) + 1, at(last, column - 1) + (isSame ? 0 : 1))
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, at(beforeLast, column - 2) + 1)
      }
      current.push(cost)
    }
    beforeLast = last
    last = current
  }
  return at(last, b.length)
}

function at(costs: readonly number[], index: number): number {
  return costs[index] ?? Infinity
}
