/** System calls on memory. */

import { flags, lowOf, oneOf, prepare } from '../args/flags.ts'
import { rangesIn } from '../args/iovec.ts'
import { mapFlags } from '../args/memory/mapping.ts'
import { foundPolicy, memoryPolicy, nodesIn, nodesOut, pageStatus, residency } from '../args/memory/numa.ts'
import { arrayOf, resultsIn } from '../args/pointer.ts'
import { decimal, hexadecimal, newFd } from '../args/returns.ts'
import { address, fd, hex, hexUint, int, pid, size } from '../args/scalar.ts'
import type { CallView, Cell, ReturnKind } from '../args/arg.ts'
import { onlyIf } from '../args/switch.ts'
import {
  MADV,
  MBIND,
  MCL,
  MEMBARRIER,
  MEMBARRIER_FLAG,
  MLOCK,
  MPOL_GET,
  MPOL_MOVE,
  MREMAP,
  MS_SYNC,
  PKEY,
  PROT,
  SHADOW_STACK,
  UFFD,
} from './constants/memory.ts'
import { syscall } from './syscall.ts'

const { MREMAP_MAYMOVE, MREMAP_FIXED, MREMAP_DONTUNMAP } = MREMAP.values

/** Whether mremap's new address means anything. */
const movesTo = (cell: Cell): boolean =>
  (lowOf(cell, 4) & (MREMAP_FIXED | MREMAP_DONTUNMAP)) !== 0 && (lowOf(cell, 4) & MREMAP_MAYMOVE) !== 0

const namesCpu = (cell: Cell): boolean => (lowOf(cell, 4) & MEMBARRIER_FLAG.values.MEMBARRIER_CMD_FLAG_CPU) !== 0

/** MEMBARRIER_CMD_QUERY tells what the kernel can do. */
const isQuery = (call: CallView): boolean => lowOf(call.arg('cmd'), 4) === 0 && call.result !== 0
const barriers: ReturnKind = {
  kind: 'decimal',
  print: (call) => (isQuery(call) ? `0x${call.result.toString(16)}` : String(call.result)),
  note: (call, style) => (isQuery(call) ? prepare(MEMBARRIER).flagsText(0, call.result, style, '') : undefined),
}

export const memory = {
  mmap: syscall(9, ['desc', 'memory'], hexadecimal, {
    addr: address,
    length: size,
    prot: flags(PROT, 8),
    flags: mapFlags,
    fd,
    offset: hex,
  }),
  mprotect: syscall(10, ['memory'], decimal, { addr: address, length: size, prot: flags(PROT, 8) }),
  munmap: syscall(11, ['memory'], decimal, { addr: address, length: size }),
  brk: syscall(12, ['memory'], hexadecimal, { addr: address }),
  mremap: syscall(25, ['memory'], hexadecimal, {
    old_address: address,
    old_size: size,
    new_size: size,
    flags: flags(MREMAP, 8),
    new_address: onlyIf('flags', movesTo, address),
  }),
  msync: syscall(26, ['memory'], decimal, { addr: address, length: size, flags: flags(MS_SYNC) }),
  mincore: syscall(27, ['memory'], decimal, { addr: address, length: size, vec: residency('length') }),
  madvise: syscall(28, ['memory'], decimal, { addr: address, length: size, advice: oneOf(MADV) }),
  mlock: syscall(149, ['memory'], decimal, { addr: address, length: size }),
  munlock: syscall(150, ['memory'], decimal, { addr: address, length: size }),
  mlockall: syscall(151, ['memory'], decimal, { flags: flags(MCL) }),
  munlockall: syscall(152, ['memory'], decimal, {}),
  remap_file_pages: syscall(216, ['memory'], decimal, {
    addr: address,
    size,
    prot: flags(PROT, 8),
    pgoff: size,
    flags: mapFlags,
  }),
  mbind: syscall(237, ['memory'], decimal, {
    addr: address,
    len: size,
    mode: memoryPolicy(8),
    nodemask: nodesIn('maxnode'),
    maxnode: size,
    flags: flags(MBIND),
  }),
  set_mempolicy: syscall(238, ['memory'], decimal, {
    mode: memoryPolicy(4),
    nodemask: nodesIn('maxnode'),
    maxnode: size,
  }),
  get_mempolicy: syscall(239, ['memory'], decimal, {
    mode: foundPolicy,
    nodemask: nodesOut('maxnode'),
    maxnode: size,
    addr: address,
    flags: flags(MPOL_GET, 8),
  }),
  migrate_pages: syscall(256, ['memory'], decimal, {
    pid,
    maxnode: size,
    old_nodes: nodesIn('maxnode'),
    new_nodes: nodesIn('maxnode'),
  }),
  move_pages: syscall(279, ['memory'], decimal, {
    pid,
    count: size,
    pages: arrayOf(address, 'count'),
    nodes: arrayOf(int, 'count'),
    status: resultsIn(pageStatus, 'count'),
    flags: flags(MPOL_MOVE),
  }),
  userfaultfd: syscall(323, ['desc'], newFd, { flags: flags(UFFD) }),
  membarrier: syscall(324, [], barriers, {
    cmd: oneOf(MEMBARRIER),
    flags: flags(MEMBARRIER_FLAG),
    cpu_id: onlyIf('flags', namesCpu, int),
  }),
  mlock2: syscall(325, ['memory'], decimal, { addr: address, length: size, flags: flags(MLOCK) }),
  pkey_mprotect: syscall(329, ['memory'], decimal, { addr: address, length: size, prot: flags(PROT, 8), pkey: int }),
  pkey_alloc: syscall(330, [], decimal, { flags: hex, access_rights: flags(PKEY, 8) }),
  pkey_free: syscall(331, [], decimal, { pkey: int }),
  process_madvise: syscall(440, ['desc'], decimal, {
    pidfd: fd,
    iovec: rangesIn('n'),
    n: size,
    advice: oneOf(MADV),
    flags: hexUint,
  }),
  process_mrelease: syscall(448, ['desc'], decimal, { pidfd: fd, flags: hexUint }),
  set_mempolicy_home_node: syscall(450, ['memory'], decimal, { start: hex, len: size, home_node: size, flags: hex }),
  map_shadow_stack: syscall(453, ['memory'], hexadecimal, { addr: address, len: size, flags: flags(SHADOW_STACK) }),
  mseal: syscall(462, ['memory'], decimal, { addr: address, length: size, flags: hex }),
} as const
