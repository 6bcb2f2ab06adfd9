/** Attributes of bpf(2) for maps. */

import { BPF_FILE_MODE, BPF_LOOKUP, BPF_MAP, BPF_MAP_TYPE, BPF_UPDATE } from '../../table/constants/bpf.ts'
import type { Cell, Style } from '../arg.ts'
import { attribute, since } from './attr.ts'
import { hasFlag, numaNode, objectName } from './values.ts'
import { flags, oneOf } from '../flags.ts'
import { ifindex } from '../net/interfaces.ts'
import { address, fd, hex, size, uint } from '../scalar.ts'
import { field, struct } from '../struct.ts'

const hasNode = hasFlag('map_flags', () => BPF_MAP.values.BPF_F_NUMA_NODE)

export const mapCreate = attribute(
  struct(92, {
    map_type: field(0, oneOf(BPF_MAP_TYPE)),
    key_size: field(4, uint),
    value_size: field(8, uint),
    max_entries: field(12, uint),
    map_flags: field(16, flags(BPF_MAP), since(16)),
    inner_map_fd: field(20, fd, since(20)),
    numa_node: field(24, numaNode, since(24, hasNode)),
    map_name: field(28, objectName(28), since(28)),
    map_ifindex: field(44, ifindex, since(44)),
    btf_fd: field(48, fd, since(48)),
    btf_key_type_id: field(52, uint, since(48)),
    btf_value_type_id: field(56, uint, since(48)),
    btf_vmlinux_value_type_id: field(60, uint, since(60)),
    map_extra: field(64, size, since(64)),
    value_type_btf_obj_fd: field(72, fd, since(72)),
    map_token_fd: field(76, fd, since(76)),
    excl_prog_hash: field(80, address, since(80)),
    excl_prog_hash_size: field(88, uint, since(80)),
  }),
)

const place = { map_fd: field(0, fd), key: field(8, address) } as const

/** Of keys and values only the map knows the sizes. */
export const mapLookup = attribute(
  struct(32, { ...place, value: field(16, address), flags: field(24, flags(BPF_LOOKUP, 8), since(24)) }),
)
export const mapUpdate = attribute(
  struct(32, { ...place, value: field(16, address), flags: field(24, flags(BPF_UPDATE, 8)) }),
)
export const mapDelete = attribute(struct(16, place))
export const mapNextKey = attribute(struct(24, { ...place, next_key: field(16, address) }))
export const mapFreeze = attribute(struct(4, { map_fd: field(0, fd) }))

export const mapById = attribute(
  struct(12, { map_id: field(0, uint), open_flags: field(8, flags(BPF_FILE_MODE), since(8)) }),
)

const COUNT_AT = 32
const count = struct(COUNT_AT + 4, { count: field(COUNT_AT, uint) })

/** How many elements there were, where that is not how many there was room for. */
const changedCount = {
  inside: 'batch',
  out: count,
  behind: (before: Cell, after: Cell, style: Style): string => {
    const [room, done] = [before, after].map(({ view, at }) => view.getUint32(at + COUNT_AT, true))
    return room === done ? '' : ` => {batch=${count.print(after, style)}}`
  },
} as const

const lookupFlags = { elem_flags: field(40, flags(BPF_LOOKUP, 8)), flags: field(48, hex) } as const

export const mapLookupBatch = attribute(
  struct(56, {
    in_batch: field(0, address),
    out_batch: field(8, address),
    keys: field(16, address),
    values: field(24, address),
    count: field(32, uint),
    map_fd: field(36, fd),
    ...lookupFlags,
  }),
  changedCount,
)

export const mapUpdateBatch = attribute(
  struct(56, {
    keys: field(16, address),
    values: field(24, address),
    count: field(32, uint),
    map_fd: field(36, fd),
    elem_flags: field(40, flags(BPF_UPDATE, 8)),
    flags: field(48, hex),
  }),
  changedCount,
)

export const mapDeleteBatch = attribute(
  struct(56, { keys: field(16, address), count: field(32, uint), map_fd: field(36, fd), ...lookupFlags }),
  changedCount,
)
