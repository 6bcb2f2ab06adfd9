/** The engine's table of counts (option `counting`). Total as the reader of records is. */

import { SyscopeError } from '../errors.ts'

/** One call of one process. */
export interface CountRow {
  readonly pid: number
  readonly abi: number
  readonly nr: number
  readonly calls: bigint
  readonly totalNs: bigint
  readonly minNs: bigint
  readonly maxNs: bigint
  /** Processor time in the kernel; 0 where it was not measured. */
  readonly systemNs: bigint
  readonly errnos: readonly (readonly [errno: number, count: bigint])[]
}

export const COUNTS = { MAGIC: 0, ROWS: 4, SIZE_OF: 8 } as const
export const COUNT_ROW = {
  PID: 0,
  ABI: 4,
  NR: 8,
  CALLS: 16,
  ERRORS: 24,
  TOTAL_NS: 32,
  MIN_NS: 40,
  MAX_NS: 48,
  SYSTEM_NS: 56,
  ERRNOS: 64,
  SIZE_OF: 72,
} as const
export const COUNT_ERRNO = { ERRNO: 0, COUNT: 8, SIZE_OF: 16 } as const
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
    if (bytes.byteLength - at < COUNT_ROW.SIZE_OF) throw badCounts(`row ${index} of ${expected} is cut`)
    const errnos = view.getUint32(at + COUNT_ROW.ERRNOS, true)
    const end = at + COUNT_ROW.SIZE_OF + errnos * COUNT_ERRNO.SIZE_OF
    if (end > bytes.byteLength) throw badCounts(`row ${index} of ${expected} is cut`)
    rows.push(readRow(view, at, end))
    at = end
  }
  if (at !== bytes.byteLength) throw badCounts(`${bytes.byteLength - at} bytes are left`)
  return rows
}

function readRow(view: DataView, at: number, end: number): CountRow {
  const errnos: (readonly [number, bigint])[] = []
  for (let entry = at + COUNT_ROW.SIZE_OF; entry < end; entry += COUNT_ERRNO.SIZE_OF) {
    errnos.push([view.getUint32(entry + COUNT_ERRNO.ERRNO, true), view.getBigUint64(entry + COUNT_ERRNO.COUNT, true)])
  }
  return {
    pid: view.getUint32(at + COUNT_ROW.PID, true),
    abi: view.getUint8(at + COUNT_ROW.ABI),
    nr: view.getUint32(at + COUNT_ROW.NR, true),
    calls: view.getBigUint64(at + COUNT_ROW.CALLS, true),
    totalNs: view.getBigUint64(at + COUNT_ROW.TOTAL_NS, true),
    minNs: view.getBigUint64(at + COUNT_ROW.MIN_NS, true),
    maxNs: view.getBigUint64(at + COUNT_ROW.MAX_NS, true),
    systemNs: view.getBigUint64(at + COUNT_ROW.SYSTEM_NS, true),
    errnos,
  }
}

function badCounts(what: string): SyscopeError {
  return new SyscopeError('ERR_SYSCOPE_BAD_TRACE', `These counts cannot be read: ${what}.`)
}
