/** What ioctl(2) takes of files and file systems. */

import {
  FIEMAP_EXTENT,
  FIEMAP_FLAG,
  FS_FL,
  FS_SHUTDOWN,
  LBMD_PI_CAP,
  LBMD_PI_CSUM,
} from '../../table/constants/devices.ts'
import { FS_XFLAG } from '../../table/constants/file.ts'
import { answered, asChange } from '../answered.ts'
import type { Cell, Kind, Style } from '../arg.ts'
import { addressBehind, InsideCell, PointeeCell } from '../cells.ts'
import { fixedText } from '../fixed.ts'
import { flags, oneOf } from '../flags.ts'
import { rawBytes } from '../net/inet.ts'
import { pointerTo, resultIn, sizeOf, type Behind, type Pointee } from '../pointer.ts'
import { quoteBytes } from '../quote.ts'
import { byte, fd, hex, hexUint, int, size, uint, ushort } from '../scalar.ts'
import { field, struct, type Struct } from '../struct.ts'
import { unused } from '../switch.ts'

/** Most elements of an array behind a struct that are copied. */
const MOST = 64

/** A struct with an array of `element` behind it, as many as the number at `count` says. */
interface Trailed<Value, Element> {
  readonly head: Struct<Value>
  readonly element: Pointee<Element>
  readonly count: { readonly at: number; readonly width: 2 | 4 }
  readonly name: string
  /** Most of them that strace shows without -v; nothing: it shows none of them. */
  readonly most?: number
}

function countIn(cell: Cell, { at, width }: Trailed<unknown, unknown>['count']): number {
  return width === 2 ? cell.view.getUint16(cell.at + at, true) : cell.view.getUint32(cell.at + at, true)
}

/** Both parts in one, whose size is that of the first. */
function trailed<Value extends object, Name extends string, Element>(
  parts: Trailed<Value, Element> & { readonly name: Name },
): Struct<Value & { readonly [Key in Name]: readonly Element[] }> {
  const { head, element, count, name, most } = parts
  const stride = sizeOf(element)
  const elements = (cell: Cell): readonly Cell[] => {
    const room = cell instanceof PointeeCell ? Math.floor((cell.length - head.size) / stride) : 0
    const length = Math.max(Math.min(countIn(cell, count), room), 0)
    return Array.from({ length }, (_, index) => new InsideCell(cell, head.size + index * stride))
  }
  return {
    kind: `trailed(${head.kind})`,
    size: head.size,
    read: (cell) => {
      const list = elements(cell).flatMap((one) => (element.read === undefined ? [] : [element.read(one)]))
      // The head's values, and the list under its name.
      return { ...head.read?.(cell), [name]: list } as Value & { readonly [Key in Name]: readonly Element[] }
    },
    print: (cell, style) => {
      const text = head.print(cell, style).slice(0, -1)
      const start = text === '{' ? text : `${text}, `
      if (style.abbreviate && most === undefined) return `${start}...}`
      return `${start}${name}=${listText(cell, elements(cell), parts, style)}}`
    },
  }
}

function listText(
  cell: Cell,
  list: readonly Cell[],
  { head, element, count, most = Infinity }: Trailed<unknown, unknown>,
  style: Style,
): string {
  const total = countIn(cell, count)
  if (total === 0) return '[]'
  const shown = style.abbreviate ? list.slice(0, Math.min(most, style.stringLimit)) : list
  const items = shown.map((one) => element.print(one, style))
  const end = addressBehind(cell.call.arg('argp'), head.size + list.length * sizeOf(element))
  const isUnread = shown.length === list.length && list.length < Math.min(total, MOST)
  if (isUnread && list.length === 0) return end
  if (shown.length < total) items.push(isUnread ? `... /* ${end} */` : '...')
  return `[${items.join(', ')}]`
}

const indirect = { indirect: true } as const
const attributes = flags(FS_FL)

const fiemapAsked = struct(32, {
  fm_start: field(0, size),
  fm_length: field(8, size),
  fm_flags: field(16, flags(FIEMAP_FLAG)),
  fm_extent_count: field(24, uint),
})
const extent = struct(56, {
  fe_logical: field(0, size),
  fe_physical: field(8, size),
  fe_length: field(16, size),
  fe_flags: field(40, flags(FIEMAP_EXTENT)),
})
const fiemapFound = trailed({
  head: struct(32, { fm_flags: field(16, flags(FIEMAP_FLAG)), fm_mapped_extents: field(20, uint) }),
  element: extent,
  count: { at: 20, width: 4 },
  name: 'fm_extents',
})

const dedupeAsked = trailed({
  head: struct(24, { src_offset: field(0, size), src_length: field(8, size), dest_count: field(16, ushort) }),
  element: struct(32, { dest_fd: field(0, fd), dest_offset: field(8, size) }),
  count: { at: 16, width: 2 },
  name: 'info',
  most: 2,
})
const dedupeDone = trailed({
  head: struct(24, {}),
  element: struct(32, { bytes_deduped: field(16, size), status: field(24, int) }),
  count: { at: 16, width: 2 },
  name: 'info',
  most: 2,
})

/** Copies what lies behind the structs too. */
function withTrail<In, Out>(
  kind: Kind<Behind<In>, Behind<Out>, never>,
  bytes: { readonly entry: number; readonly exit: number },
): Kind<Behind<In>, Behind<Out>, never> {
  return { ...kind, entry: { copy: 'bytes', length: bytes.entry }, exit: { copy: 'bytes', length: bytes.exit } }
}

const attributesOf = (isAsked: boolean) =>
  struct(28, {
    fsx_xflags: field(0, flags(FS_XFLAG)),
    fsx_extsize: field(4, uint),
    fsx_nextents: field(8, uint, { when: () => isAsked }),
    fsx_projid: field(12, hexUint),
    fsx_cowextsize: field(16, uint),
  })

/** struct fstrim_range */
const trimmed = struct(24, { start: field(0, hex), len: field(8, size), minlen: field(16, size) })

/** struct file_clone_range */
const cloned = struct(32, {
  src_fd: field(0, fd),
  src_offset: field(8, size),
  src_length: field(16, size),
  dest_offset: field(24, size),
})

const LABEL = 256

/** struct fsuuid2 */
const uuid = struct(17, { len: field(0, byte), uuid: field(1, counted(16)) })

/** As many bytes as the byte before them says. */
function counted(room: number): Struct<Uint8Array> {
  const bytes = (cell: Cell): Uint8Array => rawBytes(cell, Math.min(cell.view.getUint8(cell.at - 1), room))
  return { kind: 'counted', size: room, read: bytes, print: (cell) => quoteBytes(bytes(cell), 'all') }
}

const PATH = 128

/** struct fs_sysfs_path */
const sysfsPath = struct(1 + PATH, { len: field(0, byte), name: field(1, { ...fixedText(PATH), print: nameText }) })

/** No more of it than its length says, with a NUL. */
function nameText(cell: Cell, style: Style): string {
  return fixedText(Math.min(cell.view.getUint8(cell.at - 1) + 1, PATH)).print(cell, style)
}

/** struct logical_block_metadata_cap */
const metadata = struct(16, {
  lbmd_flags: field(0, flags(LBMD_PI_CAP)),
  lbmd_interval: field(4, ushort),
  lbmd_size: field(6, byte),
  lbmd_opaque_size: field(7, byte),
  lbmd_opaque_offset: field(8, byte),
  lbmd_pi_size: field(9, byte),
  lbmd_pi_offset: field(10, byte),
  lbmd_guard_tag_type: field(11, oneOf(LBMD_PI_CSUM, 1)),
  lbmd_app_tag_size: field(12, byte),
  lbmd_ref_tag_size: field(13, byte),
  lbmd_storage_tag_size: field(14, byte),
})

export const FILES = {
  FS_IOC_GETFLAGS: resultIn(attributes, indirect),
  FS_IOC_SETFLAGS: pointerTo(attributes, indirect),
  FS_IOC32_GETFLAGS: resultIn(attributes, indirect),
  FS_IOC32_SETFLAGS: pointerTo(attributes, indirect),
  FS_IOC_FIEMAP: withTrail(answered(fiemapAsked, fiemapFound, asChange), {
    entry: fiemapAsked.size,
    exit: fiemapFound.size + MOST * extent.size,
  }),
  FS_IOC_FSGETXATTR: resultIn(attributesOf(true)),
  FS_IOC_FSSETXATTR: pointerTo(attributesOf(false)),
  FITRIM: pointerTo(trimmed),
  FS_IOC_SHUTDOWN: pointerTo(oneOf(FS_SHUTDOWN), indirect),
  FIFREEZE: unused,
  FITHAW: unused,
  FICLONE: fd,
  FICLONERANGE: pointerTo(cloned),
  FIDEDUPERANGE: withTrail(answered(dedupeAsked, dedupeDone, asChange), {
    entry: dedupeAsked.size + MOST * 32,
    exit: dedupeDone.size + MOST * 32,
  }),
  FS_IOC_GETFSLABEL: resultIn(fixedText(LABEL)),
  FS_IOC_SETFSLABEL: pointerTo(fixedText(LABEL)),
  FS_IOC_GETFSUUID: resultIn(uuid),
  FS_IOC_GETFSSYSFSPATH: resultIn(sysfsPath),
  FS_IOC_GETLBMD_CAP: resultIn(metadata),
} as const
