/** The engine's table of counts (option `counting`, crates/engine/src/counts.rs). Total as the reader of records is. */

import { SyscopeError } from '../errors.ts'

/** Times of calls, and how many took how long: src/histogram.ts. */
export interface CountedTimes {
  readonly totalNs: number
  readonly minNs: number
  readonly maxNs: number
  readonly buckets: readonly (readonly [bucket: number, count: number])[]
}

/** One call of one process. */
export interface CountRow {
  readonly pid: number
  readonly abi: number
  readonly nr: number
  readonly calls: number
  readonly unfinished: number
  readonly wall: CountedTimes
  readonly system: CountedTimes
  readonly errnos: readonly (readonly [errno: number, count: number])[]
}

export const COUNTS = { MAGIC: 0, ROWS: 4, SIZE_OF: 8 } as const
export const COUNT_ROW = {
  PID: 0,
  ABI: 4,
  NR: 8,
  ERRNOS: 12,
  CALLS: 16,
  UNFINISHED: 24,
  /** Total, least and most. */
  WALL_NS: 32,
  SYSTEM_NS: 56,
  WALL_BUCKETS: 80,
  SYSTEM_BUCKETS: 84,
  SIZE_OF: 88,
} as const
/** A number and how often it was there: errnos, and buckets of times. */
export const COUNT_ENTRY = { KEY: 0, COUNT: 8, SIZE_OF: 16 } as const
/** 'SCNT' */
export const COUNTS_MAGIC = 0x544e_4353

export function readCounts(bytes: Uint8Array): readonly CountRow[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.byteLength < COUNTS.SIZE_OF || view.getUint32(COUNTS.MAGIC, true) !== COUNTS_MAGIC) {
    throw badCounts('they do not begin as counts do')
  }
  const rows: CountRow[] = []
  const expected = view.getUint32(COUNTS.ROWS, true)
  let at: number = COUNTS.SIZE_OF
  for (let index = 0; index < expected; index++) {
    const end = bytes.byteLength - at < COUNT_ROW.SIZE_OF ? Infinity : endOf(view, at)
    if (end > bytes.byteLength) throw badCounts(`row ${index} of ${expected} is cut`)
    rows.push(readRow(view, at))
    at = end
  }
  if (at !== bytes.byteLength) throw badCounts(`${bytes.byteLength - at} bytes are left`)
  return rows
}

function endOf(view: DataView, at: number): number {
  const { ERRNOS, WALL_BUCKETS, SYSTEM_BUCKETS, SIZE_OF } = COUNT_ROW
  const entries = [ERRNOS, WALL_BUCKETS, SYSTEM_BUCKETS].reduce(
    (sum, field) => sum + view.getUint32(at + field, true),
    0,
  )
  return at + SIZE_OF + entries * COUNT_ENTRY.SIZE_OF
}

function readRow(view: DataView, at: number): CountRow {
  let next = at + COUNT_ROW.SIZE_OF
  const entries = (field: number): readonly (readonly [number, number])[] => {
    const found: (readonly [number, number])[] = []
    for (let left = view.getUint32(at + field, true); left > 0; left--, next += COUNT_ENTRY.SIZE_OF) {
      found.push([view.getUint32(next + COUNT_ENTRY.KEY, true), u53(view, next + COUNT_ENTRY.COUNT)])
    }
    return found
  }
  const times = (field: number): Omit<CountedTimes, 'buckets'> => ({
    totalNs: u53(view, at + field),
    minNs: u53(view, at + field + 8),
    maxNs: u53(view, at + field + 16),
  })
  // In the order in which they lie behind the row.
  const errnos = entries(COUNT_ROW.ERRNOS)
  const wallBuckets = entries(COUNT_ROW.WALL_BUCKETS)
  const systemBuckets = entries(COUNT_ROW.SYSTEM_BUCKETS)
  return {
    pid: view.getUint32(at + COUNT_ROW.PID, true),
    abi: view.getUint8(at + COUNT_ROW.ABI),
    nr: view.getUint32(at + COUNT_ROW.NR, true),
    calls: u53(view, at + COUNT_ROW.CALLS),
    unfinished: u53(view, at + COUNT_ROW.UNFINISHED),
    wall: { ...times(COUNT_ROW.WALL_NS), buckets: wallBuckets },
    system: { ...times(COUNT_ROW.SYSTEM_NS), buckets: systemBuckets },
    errnos,
  }
}

/** Nanoseconds and counts stay far below 2^53. */
function u53(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32
}

function badCounts(what: string): SyscopeError {
  return new SyscopeError('ERR_SYSCOPE_BAD_TRACE', `These counts cannot be read: ${what}.`)
}
