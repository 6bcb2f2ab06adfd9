/** What is different between two snapshots, for people. */

interface Change {
  readonly sign: ' ' | '-' | '+'
  readonly line: string
  /** The process that the line is of: its heading. */
  readonly heading: string
}

/** Unchanged lines around each change. */
const context = 3

/**
 * The lines that are only in `expected` (`-`) or only in `actual` (`+`), with three unchanged lines around them, each place under the
 * heading of its process. Empty if both are the same.
 * @example
 * diffSnapshots(await readFile('status.snap', 'utf8'), snapshotOf(run))
 */
export function diffSnapshots(expected: string, actual: string): string {
  const changes = changesOf(linesOf(expected), linesOf(actual))
  const shown = changes.flatMap((change, at) => (isShown(changes, at) ? shownLines(change, changes, at) : []))
  return shown.length === 0 ? '' : `${['- expected', '+ actual', ...shown].join('\n')}\n`
}

/** Headings say where a process begins; how lines end, and how many of them are empty, says nothing. */
function linesOf(text: string): readonly string[] {
  return text.split(/\r?\n/).filter((line) => line !== '')
}

/** A line, behind the heading of its process where it is the first that is shown after others were left out. */
function shownLines({ sign, line, heading }: Change, changes: readonly Change[], at: number): readonly string[] {
  const text = `${sign} ${line}`
  if (isHeading(line)) return ['', text]
  if (at > 0 && isShown(changes, at - 1)) return [text]
  const before = changes[at - 1]?.line
  return heading === '' ? ['', text] : ['', `  ${heading}`, ...(before === heading ? [] : ['  …']), text]
}

function isShown(changes: readonly Change[], at: number): boolean {
  return changes.slice(Math.max(at - context, 0), Math.max(at + context + 1, 0)).some(({ sign }) => sign !== ' ')
}

function isHeading(line: string | undefined): boolean {
  return line?.startsWith('[') === true
}

/** Both texts as one list. */
function changesOf(expected: readonly string[], actual: readonly string[]): readonly Change[] {
  let heading = ''
  return signedLines(expected, actual).map(([sign, line]) => {
    if (isHeading(line)) heading = line
    return { sign, line, heading }
  })
}

type Signed = readonly [sign: Change['sign'], line: string]

function signedLines(expected: readonly string[], actual: readonly string[]): readonly Signed[] {
  let start = 0
  while (start < expected.length && start < actual.length && expected[start] === actual[start]) start++
  let end = 0
  const most = Math.min(expected.length, actual.length) - start
  while (end < most && expected.at(-1 - end) === actual.at(-1 - end)) end++
  const same = (lines: readonly string[]): readonly Signed[] => lines.map((line) => [' ', line])
  return [
    ...same(expected.slice(0, start)),
    ...shortest(expected.slice(start, expected.length - end), actual.slice(start, actual.length - end)),
    ...same(expected.slice(expected.length - end)),
  ]
}

/** More steps than this cost too much time and memory; texts that differ in more are shown one after the other. */
const mostSteps = 2000

/**
 * The fewest lines taken away and added (E. W. Myers, "An O(ND) Difference Algorithm and Its Variations"). `reached[k]` is how far
 * into `before` the paths with `k` more lines of it than of `after` came.
 */
function shortest(before: readonly string[], after: readonly string[]): readonly Signed[] {
  const trail: ReadonlyMap<number, number>[] = []
  let reached = new Map([[1, 0]])
  for (let steps = 0; steps <= Math.min(before.length + after.length, mostSteps); steps++) {
    trail.push(reached)
    const next = new Map(reached)
    for (let k = -steps; k <= steps; k += 2) {
      let at = stepTo(reached, k, steps)
      while (at < before.length && at - k < after.length && before[at] === after[at - k]) at++
      next.set(k, at)
      if (at >= before.length && at - k >= after.length) return walkBack(trail, before, after)
    }
    reached = next
  }
  return [...before.map((line): Signed => ['-', line]), ...after.map((line): Signed => ['+', line])]
}

/** Where the step that leads to `k` ends: a line of `after` added, or one of `before` taken away. */
function stepTo(reached: ReadonlyMap<number, number>, k: number, steps: number): number {
  return isAdded(reached, k, steps) ? (reached.get(k + 1) ?? 0) : (reached.get(k - 1) ?? 0) + 1
}

function isAdded(reached: ReadonlyMap<number, number>, k: number, steps: number): boolean {
  return k === -steps || (k !== steps && (reached.get(k - 1) ?? 0) < (reached.get(k + 1) ?? 0))
}

function walkBack(
  trail: readonly ReadonlyMap<number, number>[],
  before: readonly string[],
  after: readonly string[],
): readonly Signed[] {
  const found: Signed[] = []
  let at = before.length
  let other = after.length
  for (let steps = trail.length - 1; steps >= 0; steps--) {
    const reached = trail[steps] ?? new Map<number, number>()
    const k = at - other
    const added = isAdded(reached, k, steps)
    const from = reached.get(added ? k + 1 : k - 1) ?? 0
    const fromOther = from - (added ? k + 1 : k - 1)
    while (at > from && other > fromOther && at > 0) {
      found.push([' ', before[--at] ?? ''])
      other--
    }
    if (steps > 0) found.push(added ? ['+', after[--other] ?? ''] : ['-', before[--at] ?? ''])
  }
  return found.toReversed()
}
