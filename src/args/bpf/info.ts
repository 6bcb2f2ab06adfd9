/** What BPF_OBJ_GET_INFO_BY_FD tells: struct bpf_map_info or struct bpf_prog_info, by what the descriptor stands for. */

import { BPF_MAP, BPF_MAP_TYPE } from '../../table/constants/bpf.ts'
import type { Cell, Kind, Unread } from '../arg.ts'
import { progInfo } from './prog-info.ts'
import { INFO_LENGTH_AT, infoLength, linkOf, MOST_INFO, since } from './room.ts'
import { bytesOf, holds, isNull, pointerText, padded, PointeeCell, unread } from '../cells.ts'
import { Data } from '../data.ts'
import { fixedText } from '../fixed.ts'
import { flags, oneOf } from '../flags.ts'
import { ifindex } from '../net/interfaces.ts'
import { quoteBytes } from '../quote.ts'
import { address, fd, hex, size, uint } from '../scalar.ts'
import { device } from '../file/stat.ts'
import { field, struct, type Struct } from '../struct.ts'
import type { ValueOf } from '../pointer.ts'

/** The descriptor; its link says what it is. */
export const objectFd: Kind<number, never, never> = {
  kind: 'objectFd',
  entry: { copy: 'fd', always: true },
  read: (cell) => cell.view.getInt32(cell.at, true),
  print: (cell, style) => fd.print(cell, style),
}

const mapInfo = struct(100, {
  type: field(0, oneOf(BPF_MAP_TYPE)),
  id: field(4, uint),
  key_size: field(8, uint),
  value_size: field(12, uint),
  max_entries: field(16, uint),
  map_flags: field(20, flags(BPF_MAP)),
  name: field(24, fixedText(16), since(24)),
  ifindex: field(40, ifindex, since(40)),
  btf_vmlinux_value_type_id: field(44, uint, since(40)),
  netns_dev: field(48, device, since(40)),
  netns_ino: field(56, size, since(40)),
  btf_id: field(64, uint, since(64)),
  btf_key_type_id: field(68, uint, since(64)),
  btf_value_type_id: field(72, uint, since(64)),
  btf_vmlinux_id: field(76, uint, since(80)),
  map_extra: field(80, hex, since(80)),
  hash: field(88, hex, since(88)),
  hash_size: field(96, uint, since(88)),
})

type Known = ValueOf<typeof mapInfo> | ValueOf<typeof progInfo>

/** Bytes where the descriptor is neither a map nor a program. */
export type ObjectInfo = Known | Data

const structs: ReadonlyMap<string, Struct<Known>> = new Map<string, Struct<Known>>([
  ['anon_inode:bpf-map', mapInfo],
  ['anon_inode:bpf-prog', progInfo],
])

interface Found {
  readonly kind: Struct<Known>
  readonly info: PointeeCell
  readonly extra: Uint8Array
}

function found(cell: Cell): Found | undefined {
  const link = linkOf(cell)
  const captured = cell.captured('exit')
  const length = infoLength(cell)
  const kind = link?.status === 'ok' ? structs.get(Buffer.from(bytesOf(link)).toString('latin1')) : undefined
  if (kind === undefined || length === 0 || length > MOST_INFO || !holds(captured, length)) return undefined
  const extra = bytesOf(captured).subarray(kind.size)
  return { kind, info: new PointeeCell(cell, padded(captured, length, kind.size)), extra }
}

/** What is told about an object; strace shows it with -v. */
export const objectInfo: Kind<ObjectInfo | Unread | null, never, never> = {
  kind: 'objectInfo',
  entry: {
    copy: 'bytes',
    length: { field: INFO_LENGTH_AT, width: 4 },
    limit: MOST_INFO,
    ...(progInfo.fields === undefined ? {} : { fields: progInfo.fields }),
  },
  read: (cell) => {
    if (isNull(cell)) return null
    const it = found(cell)
    const value = it?.kind.read?.(it.info)
    if (value !== undefined) return value
    const captured = cell.captured('exit')
    return holds(captured, 1) ? new Data(bytesOf(captured), infoLength(cell)) : unread(cell, captured)
  },
  print: (cell, style) => {
    const it = found(cell)
    if (style.abbreviate || it === undefined) return pointerText(cell)
    const text = it.kind.print(it.info, style)
    if (it.extra.every((byte) => byte === 0)) return text
    const range = `bytes ${it.kind.size}..${it.kind.size + it.extra.length - 1}`
    return `${text.slice(0, -1)}, extra_data=${quoteBytes(it.extra, 'all')} /* ${range} */}`
  },
}

/** The room for it, with what it holds before the call. */
export const objectRoom: Kind<bigint, never, never> = {
  ...address,
  entry: { copy: 'bytes', length: { field: INFO_LENGTH_AT, width: 4 }, limit: MOST_INFO },
}
