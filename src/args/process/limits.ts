/** Limits and counts of processes and of the system. */

import { RLIMIT } from '../../table/constants/process.ts'
import { constantText, highOf, lowOf, oneOf } from '../flags.ts'
import { readU64, type Wide } from '../numbers.ts'
import { size, uint, ushort, type Scalar } from '../scalar.ts'
import { field, several, struct } from '../struct.ts'
import { timeval } from '../time/time.ts'

const KILO = 1024

/** A limit: `8192*1024`, `RLIM64_INFINITY`. */
export const limit: Scalar<Wide | 'RLIM64_INFINITY'> = {
  kind: 'limit',
  width: 8,
  read: (cell) => {
    const isNone = highOf(cell, 8) === 0xffff_ffff && lowOf(cell, 8) === 0xffff_ffff
    return isNone ? 'RLIM64_INFINITY' : readU64(cell.view, cell.at)
  },
  print: (cell, style) => {
    const value = readU64(cell.view, cell.at)
    const isNone = highOf(cell, 8) === 0xffff_ffff && lowOf(cell, 8) === 0xffff_ffff
    const name = isNone ? 'RLIM64_INFINITY' : kilobytes(value)
    return constantText(name, String(value), style)
  },
}

function kilobytes(value: Wide): string | undefined {
  const wideValue = BigInt(value)
  return wideValue > KILO && wideValue % BigInt(KILO) === 0n ? `${wideValue / BigInt(KILO)}*1024` : undefined
}

/** struct rlimit */
export const rlimit = struct(16, { rlim_cur: field(0, limit), rlim_max: field(8, limit) })

export const resource = oneOf(RLIMIT)

const verbose = { verbose: true } as const

/** struct rusage */
export const rusage = struct(144, {
  ru_utime: field(0, timeval),
  ru_stime: field(16, timeval),
  ru_maxrss: field(32, size, verbose),
  ru_ixrss: field(40, size, verbose),
  ru_idrss: field(48, size, verbose),
  ru_isrss: field(56, size, verbose),
  ru_minflt: field(64, size, verbose),
  ru_majflt: field(72, size, verbose),
  ru_nswap: field(80, size, verbose),
  ru_inblock: field(88, size, verbose),
  ru_oublock: field(96, size, verbose),
  ru_msgsnd: field(104, size, verbose),
  ru_msgrcv: field(112, size, verbose),
  ru_nsignals: field(120, size, verbose),
  ru_nvcsw: field(128, size, verbose),
  ru_nivcsw: field(136, size, verbose),
})

/** struct sysinfo */
export const sysinfo = struct(112, {
  uptime: field(0, size),
  loads: field(8, several(size, 3)),
  totalram: field(32, size),
  freeram: field(40, size),
  sharedram: field(48, size),
  bufferram: field(56, size),
  totalswap: field(64, size),
  freeswap: field(72, size),
  procs: field(80, ushort),
  totalhigh: field(88, size),
  freehigh: field(96, size),
  mem_unit: field(104, uint),
})
