/** Lines that repeat, said once. */

/** Whether lines that repeat are told once: with how often they come, or, `'uncounted'`, without. */
export type Fold = boolean | 'uncounted'

/** Most lines that are repeated as a group. */
const longestGroup = 16

interface Item {
  readonly lines: readonly string[]
  /** What is compared: the lines and how often they come. */
  readonly key: string
}

/**
 * Runs of a line become `line ×12`; runs of up to 16 lines a group: `repeated ×3 {`, the lines with two spaces in front, `}`.
 * Groups hold folded lines, so that they nest.
 */
export function foldLines(lines: readonly string[], fold: Fold): readonly string[] {
  if (fold === false) return lines
  let items = lines.map((line): Item => ({ lines: [line], key: line }))
  // Until nothing repeats any more: what was folded can be part of a group.
  for (let before = Infinity; items.length < before;) {
    before = items.length
    for (let size = 1; size <= longestGroup; size++) items = foldGroups(items, size, fold)
  }
  return items.flatMap((item) => item.lines)
}

function foldGroups(items: readonly Item[], size: number, fold: Fold): Item[] {
  const folded: Item[] = []
  for (let at = 0; at < items.length;) {
    const times = countRepeats(items, at, size)
    if (times === 1) folded.push(...items.slice(at, ++at))
    else {
      folded.push(foldedItem(items.slice(at, at + size), times, fold))
      at += size * times
    }
  }
  return folded
}

/** How often the `size` items at `at` come one after the other. */
function countRepeats(items: readonly Item[], at: number, size: number): number {
  let times = 1
  while (isSame(items, at, at + size * times, size)) times++
  return times
}

function isSame(items: readonly Item[], one: number, other: number, size: number): boolean {
  if (other + size > items.length) return false
  for (let index = 0; index < size; index++) {
    if (items[one + index]?.key !== items[other + index]?.key) return false
  }
  return true
}

function foldedItem(items: readonly Item[], times: number, fold: Fold): Item {
  const count = fold === 'uncounted' ? '×…' : `×${times}`
  const lines = items.flatMap((item) => item.lines)
  const [line] = lines
  const shown =
    lines.length === 1 && line !== undefined
      ? [`${line} ${count}`]
      : [`repeated ${count} {`, ...lines.map((it) => `  ${it}`), '}']
  return { lines: shown, key: shown.join('\n') }
}
