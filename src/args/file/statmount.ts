/** struct statmount, with the strings behind it that its members say the places of. */

import { FS_MAGIC, MOUNT_ATTR_SET, MS_PROPAGATION } from '../../table/constants/file.ts'
import { SB_FLAG, STATMOUNT_MASK } from '../../table/constants/mount.ts'
import type { Cell, Kind, Style } from '../arg.ts'
import { holds, isNull, padded, PointeeCell, pointerText, unread } from '../cells.ts'
import { flags, lowOf, oneOf } from '../flags.ts'
import { hex32 } from '../numbers.ts'
import type { Behind } from '../pointer.ts'
import { quoteBytes } from '../quote.ts'
import { hex, hexUint, size, uint } from '../scalar.ts'
import { field, struct } from '../struct.ts'
import { decodeBytes } from '../surrogates.ts'
import type { ValueOf } from '../pointer.ts'

const SIZE = 512
/** Most bytes of strings that strace looks at. */
const STRINGS = 3 * 4096

type Bit = keyof typeof STATMOUNT_MASK.values

/** Whether the kernel filled the members that belong to a bit of the mask. */
const has =
  (bit: Bit) =>
  (cell: Cell): boolean =>
    (lowOf(cell.sibling('mask'), 8) & STATMOUNT_MASK.values[bit]) !== 0

/** The bytes from the place that the cell holds to the end of all strings; nothing where that lies outside. */
function stringsAt(cell: Cell): Uint8Array | undefined {
  const { view, at } = cell.sibling('size')
  const start = at + SIZE + lowOf(cell, 4)
  const end = view.byteLength
  return start < end ? new Uint8Array(view.buffer, view.byteOffset + start, end - start) : undefined
}

/** Length of a string without its NUL. */
function lengthOf(bytes: Uint8Array): number {
  const end = bytes.indexOf(0)
  return end < 0 ? bytes.length : end
}

function decode(bytes: Uint8Array): string {
  const length = lengthOf(bytes)
  return decodeBytes(new DataView(bytes.buffer, bytes.byteOffset, length), 0, length)
}

function quote(bytes: Uint8Array, style: Style): string {
  const length = lengthOf(bytes)
  return length < bytes.length
    ? quoteBytes(bytes.subarray(0, length), style.hexStrings)
    : `${quoteBytes(bytes.subarray(0, length - 1), style.hexStrings)}...`
}

/** A string. */
function stringOf(bit: Bit): Kind<string | null, never, never> {
  return {
    kind: 'statmountString',
    read: (cell) => {
      const bytes = has(bit)(cell) ? stringsAt(cell) : undefined
      return bytes === undefined ? null : decode(bytes)
    },
    print: (cell, style) => {
      const bytes = stringsAt(cell)
      return bytes === undefined ? hex32(lowOf(cell, 4)) : quote(bytes, style)
    },
  }
}

/** Strings one behind another; `count` names their number. */
function stringsOf(bit: Bit, count: string): Kind<readonly string[] | null, never, never> {
  const parts = (cell: Cell): readonly Uint8Array[] | undefined => {
    let bytes = stringsAt(cell)
    if (bytes === undefined) return undefined
    const found: Uint8Array[] = []
    for (let left = lowOf(cell.sibling(count), 4); left > 0 && bytes.length > 0; left--) {
      found.push(bytes)
      bytes = bytes.subarray(lengthOf(bytes) + 1)
    }
    return found
  }
  return {
    kind: 'statmountStrings',
    read: (cell) => (has(bit)(cell) ? (parts(cell)?.map(decode) ?? null) : null),
    print: (cell, style) => {
      const found = parts(cell)
      if (found === undefined) return hex32(lowOf(cell, 4))
      const most = style.abbreviate ? style.stringLimit : Infinity
      const shown = found.slice(0, most).map((bytes) => quote(bytes, style))
      if (found.length > most) shown.push('...')
      else if (found.length < lowOf(cell.sibling(count), 4)) shown.push('???')
      return `[${shown.join(', ')}]`
    },
  }
}

const basic = { when: has('STATMOUNT_MNT_BASIC') }
const superblock = { when: has('STATMOUNT_SB_BASIC') }
const optional = (bit: Bit) => ({ when: has(bit) })
const oneString = (at: number, bit: Bit) => field(at, stringOf(bit), optional(bit))
const manyStrings = (at: number, bit: Bit, count: string) => field(at, stringsOf(bit, count), optional(bit))
const oneNumber = <T>(at: number, bit: Bit, kind: Kind<T, never, never>) => field(at, kind, optional(bit))

/** In strace's order. */
const statmount = struct(SIZE, {
  size: field(0, uint),
  mnt_opts: oneString(4, 'STATMOUNT_MNT_OPTS'),
  mask: field(8, flags(STATMOUNT_MASK, 8)),
  sb_dev_major: field(16, uint, superblock),
  sb_dev_minor: field(20, uint, superblock),
  sb_magic: field(24, oneOf(FS_MAGIC, 8, ''), superblock),
  sb_flags: field(32, flags(SB_FLAG), superblock),
  fs_type: oneString(36, 'STATMOUNT_FS_TYPE'),
  mnt_id: field(40, hex, basic),
  mnt_parent_id: field(48, hex, basic),
  mnt_id_old: field(56, hexUint, basic),
  mnt_parent_id_old: field(60, hexUint, basic),
  mnt_attr: field(64, flags(MOUNT_ATTR_SET, 8), basic),
  mnt_propagation: field(72, flags(MS_PROPAGATION, 8), basic),
  mnt_peer_group: field(80, hex, basic),
  mnt_master: field(88, hex, basic),
  propagate_from: oneNumber(96, 'STATMOUNT_PROPAGATE_FROM', hex),
  mnt_root: oneString(104, 'STATMOUNT_MNT_ROOT'),
  mnt_point: oneString(108, 'STATMOUNT_MNT_POINT'),
  mnt_ns_id: oneNumber(112, 'STATMOUNT_MNT_NS_ID', hex),
  fs_subtype: oneString(120, 'STATMOUNT_FS_SUBTYPE'),
  sb_source: oneString(124, 'STATMOUNT_SB_SOURCE'),
  opt_num: oneNumber(128, 'STATMOUNT_OPT_ARRAY', uint),
  opt_array: manyStrings(132, 'STATMOUNT_OPT_ARRAY', 'opt_num'),
  opt_sec_num: oneNumber(136, 'STATMOUNT_OPT_SEC_ARRAY', uint),
  opt_sec_array: manyStrings(140, 'STATMOUNT_OPT_SEC_ARRAY', 'opt_sec_num'),
  supported_mask: oneNumber(144, 'STATMOUNT_SUPPORTED_MASK', flags(STATMOUNT_MASK, 8)),
  mnt_uidmap_num: oneNumber(152, 'STATMOUNT_MNT_UIDMAP', uint),
  mnt_uidmap: manyStrings(156, 'STATMOUNT_MNT_UIDMAP', 'mnt_uidmap_num'),
  mnt_gidmap_num: oneNumber(160, 'STATMOUNT_MNT_GIDMAP', uint),
  mnt_gidmap: manyStrings(164, 'STATMOUNT_MNT_GIDMAP', 'mnt_gidmap_num'),
})

type Statmount = ValueOf<typeof statmount>

/** What statmount(2) fills; `room` names its size. */
export function statmountOut<const Room extends string>(room: Room): Kind<never, Behind<Statmount>, Room> {
  const found = (cell: Cell): Cell | undefined => {
    const captured = cell.captured('exit')
    const space = Number(size.read?.(cell.sibling(room)))
    if (space < 4 || !holds(captured, Math.min(space, SIZE))) return undefined
    const total = captured.view.getUint32(captured.at, true)
    // Strings are there only if all of them fit and can be read.
    const end = total > SIZE && total <= space ? Math.min(total, SIZE + STRINGS) : SIZE
    const length = captured.length < end ? SIZE : end
    return new PointeeCell(cell, padded(captured, length, length))
  }
  return {
    kind: 'statmountOut',
    exit: { copy: 'bytes', length: { arg: room }, limit: SIZE + STRINGS },
    late: true,
    readOut: (cell) => {
      if (isNull(cell)) return null
      const view = found(cell)
      return view === undefined || statmount.read === undefined
        ? unread(cell, cell.captured('exit'))
        : statmount.read(view)
    },
    print: (cell, style) => {
      const view = found(cell)
      return view === undefined ? pointerText(cell) : statmount.print(view, style)
    },
  }
}
