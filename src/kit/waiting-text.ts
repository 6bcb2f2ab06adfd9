/** Waiting times as a table. */

import type { Wait } from './waiting.ts'

type Column = readonly [title: string, align: 'left' | 'right', text: (wait: Wait) => string]

const columns: readonly Column[] = [
  ['total', 'right', ({ totalMs }) => msText(totalMs)],
  ['longest', 'right', ({ longestMs }) => msText(longestMs)],
  ['calls', 'right', ({ calls }) => String(calls)],
  ['thread', 'right', ({ tid }) => String(tid)],
  ['cause', 'left', ({ cause }) => cause],
  ['longest call', 'left', ({ longest }) => shortened(longest)],
]

/** A title line, and one for each; without a line end behind the last. */
export function waitingText(waits: readonly Wait[]): string {
  const rows = [columns.map(([title]) => title), ...waits.map((wait) => columns.map(([, , text]) => text(wait)))]
  const widths = columns.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)))
  return rows
    .map((row) =>
      row
        .map((cell, index) => padded(cell, index, widths))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

function padded(cell: string, index: number, widths: readonly number[]): string {
  const width = widths[index] ?? 0
  return columns[index]?.[1] === 'right' ? cell.padStart(width) : cell.padEnd(width)
}

function msText(ms: number): string {
  return ms >= 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${ms.toFixed(1)} ms`
}

function shortened(call: string): string {
  return call.length > 100 ? `${call.slice(0, 99)}…` : call
}
