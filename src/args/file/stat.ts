/** Files' types, permissions, devices, and the structs of stat(2), statx(2) and statfs(2). */

import { FS_MAGIC, S_IF, ST, STATX, STATX_ATTR } from '../../table/constants/file.ts'
import type { Cell, Style } from '../arg.ts'

import { constantText, flags, oneOf, prepare } from '../flags.ts'
import { hex32, hexWide, readI64, readU64, type Wide } from '../numbers.ts'
import { hex, hexUint, id, long, octal, plainId, size, uint, type Scalar } from '../scalar.ts'
import { field, several, struct, type Struct } from '../struct.ts'
import { timeComment } from '../time/time.ts'
import type { ValueOf } from '../pointer.ts'

const S_IFMT = 0o170000
const S_IFCHR = 0o020000
const S_IFBLK = 0o060000
const SPECIAL = [
  [0o4000, 'S_ISUID|'],
  [0o2000, 'S_ISGID|'],
  [0o1000, 'S_ISVTX|'],
] as const

const types = prepare(S_IF)

/** `S_IFREG|0644` */
export function modeText(mode: number, style: Style): string {
  const type = (mode & S_IFMT) === 0 ? '' : types.nameOf(mode & S_IFMT)
  if (type === undefined || style.constants === 'raw') return octal(mode)
  let text = type === '' ? '' : `${type}|`
  for (const [bit, name] of SPECIAL) if ((mode & bit) !== 0) text += name
  text += octal(mode & ~(S_IFMT | 0o7000))
  return constantText(text, octal(mode), style)
}

/** A file's type and permissions. */
export const fileMode: Scalar<number> = {
  kind: 'fileMode',
  width: 4,
  read: (cell) => cell.view.getUint32(cell.at, true),
  print: (cell, style) => modeText(cell.view.getUint32(cell.at, true), style),
}

/** The same in 16 bits: mknod(2), statx(2). */
export const fileMode16: Scalar<number> = {
  kind: 'fileMode',
  width: 2,
  read: (cell) => cell.view.getUint16(cell.at, true),
  print: (cell, style) => modeText(cell.view.getUint16(cell.at, true), style),
}

export function isDeviceMode(mode: number): boolean {
  return (mode & S_IFMT) === S_IFCHR || (mode & S_IFMT) === S_IFBLK
}

export function deviceText(device: Wide, style: Style): string {
  if (style.constants === 'raw') return hexWide(device)
  const wide = BigInt(device)
  const major = Number(((wide >> 8n) & 0xfffn) | ((wide >> 32n) & 0xffff_f000n))
  const minor = Number((wide & 0xffn) | ((wide >> 12n) & 0xffff_ff00n))
  const text = `makedev(${hex32(major)}, ${hex32(minor)})`
  return constantText(text, hexWide(device), style)
}

/** A device number; `makedev(0x8, 0x1)`. */
export const device: Scalar<Wide> = {
  kind: 'device',
  width: 8,
  read: (cell) => readU64(cell.view, cell.at),
  print: (cell, style) => deviceText(readU64(cell.view, cell.at), style),
}

export const device32: Scalar<number> = {
  kind: 'device',
  width: 4,
  read: (cell) => cell.view.getUint32(cell.at, true),
  print: (cell, style) => deviceText(cell.view.getUint32(cell.at, true), style),
}

/** Seconds with the date of the nanoseconds that lie behind them. */
const statSeconds: Scalar<Wide> = {
  ...long,
  kind: 'seconds',
  print: (cell) => {
    const second = readI64(cell.view, cell.at)
    return String(second) + timeComment(second, readU64(cell.view, cell.at + 8), 9)
  },
}

const isDevice = (cell: Cell): boolean =>
  isDeviceMode(cell.sibling('st_mode').view.getUint32(cell.sibling('st_mode').at, true))

const statFields = struct(144, {
  st_dev: field(0, device),
  st_ino: field(8, size),
  st_mode: field(24, fileMode),
  st_nlink: field(16, size),
  st_uid: field(28, plainId),
  st_gid: field(32, plainId),
  st_blksize: field(56, size),
  st_blocks: field(64, size),
  st_rdev: field(40, device, { when: isDevice }),
  st_size: field(48, size, { when: (cell) => !isDevice(cell) }),
  st_atime: field(72, statSeconds),
  st_atime_nsec: field(80, size),
  st_mtime: field(88, statSeconds),
  st_mtime_nsec: field(96, size),
  st_ctime: field(104, statSeconds),
  st_ctime_nsec: field(112, size),
})

type StatValue = ValueOf<typeof statFields>

/** struct stat */
export const stat: Struct<StatValue> = {
  ...statFields,
  kind: 'stat',
  print: (cell, style) => {
    if (!style.abbreviate) return statFields.print(cell, style)
    // The usual case, for which building cells of all fields would be most of the work.
    const { view, at } = cell
    const mode = view.getUint32(at + 24, true)
    const what = isDeviceMode(mode)
      ? `st_rdev=${deviceText(readU64(view, at + 40), style)}`
      : `st_size=${readU64(view, at + 48)}`
    return `{st_mode=${modeText(mode, style)}, ${what}, ...}`
  },
}

const has =
  (bits: number, name = 'stx_mask') =>
  (cell: Cell): boolean =>
    (cell.sibling(name).view.getUint32(cell.sibling(name).at, true) & bits) !== 0

const statxTime: Struct<{ readonly tv_sec: Wide; readonly tv_nsec: number }> = {
  ...struct(16, { tv_sec: field(0, long), tv_nsec: field(8, uint) }),
  print: (cell) => {
    const second = readI64(cell.view, cell.at)
    const nanosecond = cell.view.getUint32(cell.at + 8, true)
    return `{tv_sec=${second}, tv_nsec=${nanosecond}}${timeComment(second, nanosecond, 9)}`
  },
}

const verbose = { verbose: true } as const
const { STATX_TYPE, STATX_MODE, STATX_NLINK, STATX_UID, STATX_GID, STATX_ATIME, STATX_MTIME, STATX_CTIME } =
  STATX.values
const { STATX_INO, STATX_SIZE, STATX_BLOCKS, STATX_BTIME, STATX_MNT_ID, STATX_DIOALIGN, STATX_SUBVOL } = STATX.values
const atomic = has(STATX_ATTR.values.STATX_ATTR_WRITE_ATOMIC, 'stx_attributes')

/** struct statx */
export const statx = struct(256, {
  stx_mask: field(0, flags(STATX)),
  stx_blksize: field(4, uint, verbose),
  stx_attributes: field(8, flags(STATX_ATTR, 8)),
  stx_nlink: field(16, uint, { ...verbose, when: has(STATX_NLINK) }),
  stx_uid: field(20, id, { ...verbose, when: has(STATX_UID) }),
  stx_gid: field(24, id, { ...verbose, when: has(STATX_GID) }),
  stx_mode: field(28, fileMode16, { when: has(STATX_TYPE | STATX_MODE) }),
  stx_ino: field(32, size, { ...verbose, when: has(STATX_INO) }),
  stx_size: field(40, size, { when: has(STATX_SIZE) }),
  stx_blocks: field(48, size, { ...verbose, when: has(STATX_BLOCKS) }),
  stx_attributes_mask: field(56, flags(STATX_ATTR, 8), verbose),
  stx_atime: field(64, statxTime, { ...verbose, when: has(STATX_ATIME) }),
  stx_btime: field(80, statxTime, { ...verbose, when: has(STATX_BTIME) }),
  stx_ctime: field(96, statxTime, { ...verbose, when: has(STATX_CTIME) }),
  stx_mtime: field(112, statxTime, { ...verbose, when: has(STATX_MTIME) }),
  stx_rdev_major: field(128, uint, verbose),
  stx_rdev_minor: field(132, uint, verbose),
  stx_dev_major: field(136, uint, verbose),
  stx_dev_minor: field(140, uint, verbose),
  stx_mnt_id: field(144, hex, { ...verbose, when: has(STATX_MNT_ID) }),
  stx_dio_mem_align: field(152, uint, { ...verbose, when: has(STATX_DIOALIGN) }),
  stx_dio_offset_align: field(156, uint, { ...verbose, when: has(STATX_DIOALIGN) }),
  stx_subvol: field(160, hex, { ...verbose, when: has(STATX_SUBVOL) }),
  stx_atomic_write_unit_min: field(168, uint, { ...verbose, when: atomic }),
  stx_atomic_write_unit_max: field(172, uint, { ...verbose, when: atomic }),
  stx_atomic_write_segments_max: field(176, uint, { ...verbose, when: atomic }),
  stx_dio_read_offset_align: field(180, uint, { ...verbose, when: has(STATX.values.STATX_DIO_READ_ALIGN) }),
  stx_atomic_write_unit_max_opt: field(184, uint, { ...verbose, when: atomic }),
})

/** struct statfs */
export const statfs = struct(120, {
  f_type: field(0, oneOf(FS_MAGIC, 8, '')),
  f_bsize: field(8, size),
  f_blocks: field(16, size),
  f_bfree: field(24, size),
  f_bavail: field(32, size),
  f_files: field(40, size),
  f_ffree: field(48, size),
  f_fsid: field(56, struct(8, { val: field(0, several(hexUint, 2)) })),
  f_namelen: field(64, size),
  f_frsize: field(72, size),
  f_flags: field(80, flags(ST, 8), { when: (cell) => (cell.view.getUint32(cell.at, true) & ST.values.ST_VALID) !== 0 }),
})
