/** The table of -c: how often each call was made, how often it failed, how long it took. Columns and widths as strace's. */

import { syscallNames, type CallSummary, type Times } from '../../index.ts'
import { UsageError } from './getopt.ts'

type Clock = 'time' | 'wall'
type Measure = 'total' | 'min' | 'max' | 'avg'
type Column = 'percent' | `${Clock}-${Measure}` | 'calls' | 'errors' | 'name'

/** Each measure's own words, and both ways to write it with its clock. */
function measureWords(clock: Clock): Readonly<Record<string, Column>> {
  const measures = ['total', 'min', 'max', 'avg'] as const
  return Object.fromEntries(
    measures.flatMap((measure) => [
      [`${clock}-${measure}`, `${clock}-${measure}`],
      [`${measure}-${clock}`, `${clock}-${measure}`],
    ]),
  )
}

const columnWords: Readonly<Record<string, Column | 'nothing'>> = {
  ...measureWords('time'),
  ...measureWords('wall'),
  time: 'percent',
  'time-percent': 'percent',
  shortest: 'time-min',
  longest: 'time-max',
  calls: 'calls',
  count: 'calls',
  error: 'errors',
  errors: 'errors',
  name: 'name',
  syscall: 'name',
  'syscall-name': 'name',
  none: 'nothing',
  nothing: 'nothing',
}

const defaultColumns: readonly Column[] = ['percent', 'time-total', 'time-avg', 'calls', 'errors', 'name']

export interface SummaryOptions {
  /** What -S says. */
  readonly sortBy: string | undefined
  /** What -U says. */
  readonly columns: string | undefined
  /** -w: the columns of time are those of the wall clock. */
  readonly wallClock: boolean
}

type Sums = Pick<Times, 'totalNs' | 'minNs' | 'maxNs'>

interface Row {
  readonly name: string
  /** Calls that came back: strace counts no others. */
  readonly calls: number
  readonly errors: number
  readonly time: Sums
  readonly wall: Sums
  readonly percent: number
}

/** Throws `UsageError` where a word names no column. */
export function readSummaryOptions({ sortBy = 'time', columns }: Partial<SummaryOptions>): {
  readonly sortBy: Column | 'nothing'
  readonly columns: readonly Column[]
} {
  const sortColumn = columnOf(sortBy)
  if (sortColumn === undefined) throw new UsageError(`invalid sortby: '${sortBy}'`)
  return { sortBy: sortColumn, columns: columns === undefined ? defaultColumns : readColumns(columns) }
}

export function summaryText(calls: readonly CallSummary[], options: SummaryOptions): string {
  const { sortBy, columns } = readSummaryOptions(options)
  const counted = calls.map((call) => rowOf(call, options.wallClock)).filter((row) => row.calls > 0)
  const total = sumOf(counted)
  const rows = counted.map((row) => ({ ...row, percent: percentOf(row.time.totalNs, total.time.totalNs) }))
  // strace walks its table, so that is the order of what is equal, and of -S nothing.
  rows.sort((a, b) => compare(numberOf(a), numberOf(b)) || compare(a.name, b.name))
  if (sortBy === 'name') rows.sort((a, b) => compare(a.name, b.name))
  else if (sortBy !== 'nothing') rows.sort((a, b) => compare(sortKey(b, sortBy), sortKey(a, sortBy)))
  const widths = new Map(columns.map((column) => [column, widthOf(column, rows, total)]))
  const line = (cell: (column: Column) => string): string => {
    const cells = columns.map((column, index) => {
      const text = cell(column)
      if (column !== 'name') return text.padStart(widths.get(column) ?? 0)
      return index === columns.length - 1 ? text : text.padEnd(widths.get(column) ?? 0)
    })
    return `${cells.join(' ')}\n`
  }
  const divider = `${columns.map((column) => '-'.repeat(widths.get(column) ?? 0)).join(' ')}\n`
  return [
    line((column) => headings[column].text),
    divider,
    ...rows.map((row) => line((column) => cellText(row, column))),
    divider,
    line((column) => cellText(total, column)),
  ].join('')
}

const headings: Readonly<Record<Column, { readonly text: string; readonly width: number }>> = {
  percent: { text: '% time', width: 6 },
  'time-total': { text: 'seconds', width: 11 },
  'time-min': { text: 'shortest', width: 8 },
  'time-max': { text: 'longest', width: 7 },
  'time-avg': { text: 'usecs/call', width: 11 },
  'wall-total': { text: 'wall-total', width: 11 },
  'wall-min': { text: 'wall-min', width: 8 },
  'wall-max': { text: 'wall-max', width: 8 },
  'wall-avg': { text: 'wall-avg', width: 11 },
  calls: { text: 'calls', width: 9 },
  errors: { text: 'errors', width: 9 },
  name: { text: 'syscall', width: 16 },
}

function readColumns(words: string): readonly Column[] {
  const columns: Column[] = []
  const all = words.split(',')
  for (const [index, word] of all.entries()) {
    const column = columnOf(word)
    if (column === undefined || column === 'nothing') throw new UsageError(`unknown column name: '${word}'`)
    if (columns.includes(column)) {
      const rest = all.slice(index).join(',')
      throw new UsageError(
        `call summary column has been provided more than once: '${word}' (-U option residual: '${rest}')`,
      )
    }
    columns.push(column)
  }
  return columns.includes('name') ? columns : [...columns, 'name']
}

function columnOf(word: string): Column | 'nothing' | undefined {
  return columnWords[word.replaceAll('_', '-')]
}

function rowOf({ name, calls, errors, unfinished, wall, system }: CallSummary, wallClock: boolean): Row {
  return { name, calls: calls - unfinished, errors, time: wallClock ? wall : system, wall, percent: 0 }
}

function sumOf(rows: readonly Row[]): Row {
  const sums = (clock: Clock): Sums => ({
    totalNs: rows.reduce((sum, row) => sum + row[clock].totalNs, 0n),
    minNs: rows.reduce(
      (least, row) => (row[clock].minNs < least ? row[clock].minNs : least),
      rows[0]?.[clock].minNs ?? 0n,
    ),
    maxNs: rows.reduce((most, row) => (row[clock].maxNs > most ? row[clock].maxNs : most), 0n),
  })
  return {
    name: 'total',
    calls: rows.reduce((sum, { calls }) => sum + calls, 0),
    errors: rows.reduce((sum, { errors }) => sum + errors, 0),
    time: sums('time'),
    wall: sums('wall'),
    percent: rows.length === 0 ? 0 : 100,
  }
}

/** Calls that have no number on x86_64 come last. */
function numberOf({ name }: Row): number {
  const at = syscallNames.findIndex((known) => known === name)
  return at === -1 ? syscallNames.length : at
}

function percentOf(part: bigint, whole: bigint): number {
  return whole === 0n ? 0 : (100 * Number(part)) / Number(whole)
}

function widthOf(column: Column, rows: readonly Row[], total: Row): number {
  const least = headings[column].width
  if (column === 'name') return Math.max(least, ...rows.map(({ name }) => name.length + 1))
  return Math.max(least, cellText(total, column).length, ...rows.map((row) => cellText(row, column).length))
}

function cellText(row: Row, column: Column): string {
  if (column === 'name') return row.name
  const value = sortKey(row, column)
  if (column === 'percent') return row.percent.toFixed(2)
  if (column === 'calls' || column === 'errors') return value === 0 && column === 'errors' ? '' : String(value)
  return measureOf(column) === 'avg' ? String(BigInt(value) / 1000n) : (Number(value) / 1e9).toFixed(6)
}

function sortKey(row: Row, column: Exclude<Column, 'name'>): number | bigint {
  switch (column) {
    case 'percent':
      return row.time.totalNs
    case 'calls':
    case 'errors':
      return row[column]
    default:
      return measured(row, column)
  }
}

function measured(row: Row, column: `${Clock}-${Measure}`): bigint {
  const times = row[column.startsWith('wall') ? 'wall' : 'time']
  const measure = measureOf(column)
  if (measure === 'avg') return row.calls === 0 ? 0n : times.totalNs / BigInt(row.calls)
  return times[`${measure}Ns`]
}

function measureOf(column: `${Clock}-${Measure}`): Measure {
  // Of the four words that the type allows.
  return column.slice(5) as Measure
}

/** Names by bytes, as strcmp(3). */
function compare<T extends number | bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0
}
