/** Attributes of the commands of bpf(2) that ask what is attached to what. */

import { BPF_ATTACH, BPF_FD_TYPE, BPF_QUERY } from '../../table/constants/bpf.ts'
import type { Cell } from '../arg.ts'
import { fieldArray } from '../behind.ts'
import { attribute, changing, since } from './attr.ts'
import { afterSuccess, attachFlags, attachType, isDescriptor, isInterface, stringWithin } from './values.ts'
import { holds } from '../cells.ts'
import { flags, lowOf, oneOf } from '../flags.ts'
import { ifindex } from '../net/interfaces.ts'
import { fd, hex, pid, uint } from '../scalar.ts'
import { field, struct } from '../struct.ts'

const queryCount = { name: 'prog_cnt', at: 24, width: 4 } as const
const isEmptyQuery = (cell: Cell): boolean => lowOf(cell.sibling('prog_cnt'), 4) === 0
const ids = afterSuccess(fieldArray(uint, queryCount), isEmptyQuery)
const flagsOfPrograms = afterSuccess(fieldArray(flags(BPF_ATTACH), queryCount), isEmptyQuery)

const queried = struct(64, {
  prog_ids: field(16, ids),
  prog_cnt: field(24, changing(24, uint)),
  prog_attach_flags: field(32, flagsOfPrograms, since(32)),
  link_ids: field(40, ids, since(40)),
  link_attach_flags: field(48, flagsOfPrograms, since(40)),
  revision: field(56, hex, since(40)),
})

export const progQuery = attribute(
  struct(28, {
    target_ifindex: field(0, ifindex, { when: isInterface }),
    target_fd: field(0, fd, { when: isDescriptor }),
    attach_type: field(4, attachType),
    query_flags: field(8, flags(BPF_QUERY)),
    attach_flags: field(12, attachFlags),
    prog_cnt: field(24, uint, { when: () => false }),
  }),
  { inside: 'query', after: queried, out: queried },
)

/** Room that there was for the name, at the start of the call. */
function nameRoom(cell: Cell): number {
  const before = cell.call.arg('attr').captured('entry')
  return holds(before, 16) ? before.view.getUint32(before.at + 12, true) : 0
}

const queriedTask = struct(48, {
  buf: field(16, stringWithin({ name: 'buf_len', at: 12, width: 4 }, nameRoom)),
  buf_len: field(12, uint, { when: () => false }),
  prog_id: field(24, uint),
  fd_type: field(28, oneOf(BPF_FD_TYPE)),
  probe_offset: field(32, hex),
  probe_addr: field(40, hex),
})

export const taskFdQuery = attribute(
  struct(16, {
    pid: field(0, pid),
    fd: field(4, fd),
    flags: field(8, uint),
    buf_len: field(12, changing(12, uint)),
  }),
  { inside: 'task_fd_query', after: queriedTask, out: queriedTask },
)
