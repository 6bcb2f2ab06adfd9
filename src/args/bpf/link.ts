/** Attributes of bpf(2) for links, and for what came after them. */

import { BPF_ATTACH, BPF_STATS } from '../../table/constants/bpf.ts'
import { fieldBytes } from '../behind.ts'
import { attribute } from './attr.ts'
import { attachFlags, hasFlag } from './values.ts'
import { oneOf } from '../flags.ts'
import { fd, hexUint, uint } from '../scalar.ts'
import { field, struct } from '../struct.ts'

const isReplaced = hasFlag('flags', () => BPF_ATTACH.values.BPF_F_REPLACE)

export const linkUpdate = attribute(
  struct(16, {
    link_fd: field(0, fd),
    new_prog_fd: field(4, fd),
    flags: field(8, attachFlags),
    old_prog_fd: field(12, fd, { when: isReplaced }),
  }),
  { inside: 'link_update' },
)

export const linkDetach = attribute(struct(4, { link_fd: field(0, fd) }), { inside: 'link_detach' })

export const iterCreate = attribute(struct(8, { link_fd: field(0, fd), flags: field(4, hexUint) }), {
  inside: 'iter_create',
})

export const enableStats = attribute(struct(4, { type: field(0, oneOf(BPF_STATS)) }), { inside: 'enable_stats' })

export const progBindMap = attribute(
  struct(12, { prog_fd: field(0, fd), map_fd: field(4, fd), flags: field(8, hexUint) }),
  { inside: 'prog_bind_map' },
)

export const tokenCreate = attribute(struct(8, { flags: field(0, hexUint), bpffs_fd: field(4, fd) }), {
  inside: 'token_create',
})

const stream = struct(20, {
  stream_buf: field(0, fieldBytes({ name: 'stream_buf_len', at: 8, width: 4 })),
  stream_buf_len: field(8, uint),
  stream_id: field(12, uint),
  prog_fd: field(16, fd),
})

/** strace shows the buffer as it is after the call. */
export const streamRead = attribute(
  struct(20, {
    stream_buf_len: field(8, uint, { when: () => false }),
    stream_id: field(12, uint, { when: () => false }),
    prog_fd: field(16, fd, { when: () => false }),
  }),
  { inside: 'prog_stream_read', after: stream, out: stream },
)

export const structOps = attribute(
  struct(12, { map_fd: field(0, fd), prog_fd: field(4, fd), flags: field(8, hexUint) }),
  { inside: 'prog_assoc_struct_ops' },
)
