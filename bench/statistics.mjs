export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

export async function timed(work) {
  const start = process.hrtime.bigint()
  await work()
  return Number(process.hrtime.bigint() - start) / 1e9
}

/**
 * Two works, turn by turn: what a drift of the machine's speed does to one it does to the other.
 * @returns {Promise<readonly (readonly [one: number, other: number])[]>} seconds
 */
export async function inPairs(pairs, one, other) {
  const seconds = []
  for (let pair = 0; pair < pairs; pair++) {
    const first = pair % 2 === 0 ? [one, other] : [other, one]
    const both = [await timed(first[0]), await timed(first[1])]
    seconds.push(pair % 2 === 0 ? both : both.toReversed())
  }
  return seconds
}

/** A table in Markdown. */
export function table(rows) {
  const columns = Object.keys(rows[0] ?? {})
  const width = (column) => Math.max(column.length, ...rows.map((row) => row[column].length))
  const line = (cells) => `| ${columns.map((column, at) => cells[at].padEnd(width(column))).join(' | ')} |`
  const divider = line(columns.map((column) => '-'.repeat(width(column))))
  return [line(columns), divider, ...rows.map((row) => line(columns.map((column) => row[column])))].join('\n')
}
