/** The table of -c: how often each call was made, how often it failed, how long it took. Columns and widths as strace's. */

import { UsageError } from './getopt.ts'

/** What is counted of one call. */
export interface CallCount {
  readonly name: string
  readonly calls: number
  readonly errors: number
  readonly totalNs: bigint
  readonly minNs: bigint
  readonly maxNs: bigint
}

type Column = 'percent' | 'total' | 'min' | 'max' | 'average' | 'calls' | 'errors' | 'name'

const columnWords: Readonly<Record<string, Column | 'nothing'>> = {
  time: 'percent',
  'time-percent': 'percent',
  'time-total': 'total',
  'total-time': 'total',
  'min-time': 'min',
  'time-min': 'min',
  shortest: 'min',
  'max-time': 'max',
  'time-max': 'max',
  longest: 'max',
  'avg-time': 'average',
  'time-avg': 'average',
  'wall-total': 'total',
  'total-wall': 'total',
  'wall-min': 'min',
  'min-wall': 'min',
  'wall-max': 'max',
  'max-wall': 'max',
  'wall-avg': 'average',
  'avg-wall': 'average',
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

const defaultColumns: readonly Column[] = ['percent', 'total', 'average', 'calls', 'errors', 'name']

export interface SummaryOptions {
  /** What -S says. */
  readonly sortBy: string | undefined
  /** What -U says. */
  readonly columns: string | undefined
}

interface Row extends CallCount {
  readonly percent: number
  readonly averageNs: bigint
}

/** Throws `UsageError` where a word names no column. */
export function readSummaryOptions(options: SummaryOptions): {
  sortBy: Column | 'nothing'
  columns: readonly Column[]
} {
  const sortBy = columnOf(options.sortBy ?? 'time')
  if (sortBy === undefined) throw new UsageError(`invalid sortby: '${options.sortBy}'`)
  return { sortBy, columns: options.columns === undefined ? defaultColumns : readColumns(options.columns) }
}

export function summaryText(counts: readonly CallCount[], options: SummaryOptions): string {
  const { sortBy, columns } = readSummaryOptions(options)
  const total = sum(counts)
  const rows = counts.filter(({ calls }) => calls > 0).map((count) => rowOf(count, total.totalNs))
  rows.sort((a, b) => compareNames(a.name, b.name))
  if (sortBy !== 'nothing' && sortBy !== 'name') rows.sort((a, b) => compare(sortKey(b, sortBy), sortKey(a, sortBy)))
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
  const totalRow: Row = { ...total, percent: total.calls === 0 ? 0 : 100 }
  return [
    line((column) => headings[column].text),
    divider,
    ...rows.map((row) => line((column) => cellText(row, column))),
    divider,
    line((column) => cellText(totalRow, column)),
  ].join('')
}

const headings: Readonly<Record<Column, { readonly text: string; readonly width: number }>> = {
  percent: { text: '% time', width: 6 },
  total: { text: 'seconds', width: 11 },
  min: { text: 'shortest', width: 8 },
  max: { text: 'longest', width: 7 },
  average: { text: 'usecs/call', width: 11 },
  calls: { text: 'calls', width: 9 },
  errors: { text: 'errors', width: 9 },
  name: { text: 'syscall', width: 16 },
}

function readColumns(words: string): readonly Column[] {
  const columns: Column[] = []
  for (const word of words.split(',')) {
    const column = columnOf(word)
    if (column === undefined || column === 'nothing') throw new UsageError(`unknown column name: '${word}'`)
    if (columns.includes(column))
      throw new UsageError(`call summary column has been provided more than once: '${word}'`)
    columns.push(column)
  }
  return columns.includes('name') ? columns : [...columns, 'name']
}

function columnOf(word: string): Column | 'nothing' | undefined {
  return columnWords[word.replaceAll('_', '-')]
}

function sum(counts: readonly CallCount[]): Row {
  let [calls, errors, totalNs, maxNs] = [0, 0, 0n, 0n]
  let minNs: bigint | undefined
  for (const count of counts) {
    if (count.calls === 0) continue
    calls += count.calls
    errors += count.errors
    totalNs += count.totalNs
    if (count.maxNs > maxNs) maxNs = count.maxNs
    if (minNs === undefined || count.minNs < minNs) minNs = count.minNs
  }
  const averageNs = calls === 0 ? 0n : totalNs / BigInt(calls)
  return { name: 'total', calls, errors, totalNs, minNs: minNs ?? 0n, maxNs, averageNs, percent: 100 }
}

function rowOf(count: CallCount, totalNs: bigint): Row {
  const percent = totalNs === 0n ? 0 : (100 * Number(count.totalNs)) / Number(totalNs)
  return { ...count, percent, averageNs: count.totalNs / BigInt(count.calls) }
}

function widthOf(column: Column, rows: readonly Row[], total: Row): number {
  const least = headings[column].width
  if (column === 'name') return Math.max(least, ...rows.map(({ name }) => name.length + 1))
  return Math.max(least, cellText(total, column).length, ...rows.map((row) => cellText(row, column).length))
}

function cellText(row: Row, column: Column): string {
  switch (column) {
    case 'percent':
      return row.percent.toFixed(2)
    case 'total':
      return seconds(row.totalNs)
    case 'min':
      return seconds(row.minNs)
    case 'max':
      return seconds(row.maxNs)
    case 'average':
      return String(row.averageNs / 1000n)
    case 'calls':
      return String(row.calls)
    case 'errors':
      return row.errors === 0 ? '' : String(row.errors)
    case 'name':
      return row.name
  }
}

function seconds(ns: bigint): string {
  return (Number(ns) / 1e9).toFixed(6)
}

function sortKey(row: Row, column: Exclude<Column, 'name'>): number | bigint {
  switch (column) {
    case 'percent':
    case 'total':
      return row.totalNs
    case 'min':
      return row.minNs
    case 'max':
      return row.maxNs
    case 'average':
      return row.averageNs
    case 'calls':
      return row.calls
    case 'errors':
      return row.errors
  }
}

function compare(a: number | bigint, b: number | bigint): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** By bytes, as strcmp(3). */
function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
