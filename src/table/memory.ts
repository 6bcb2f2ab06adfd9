/** System calls: memory. */

import { decimal } from '../args/returns.ts'
import { fd, pid, size } from '../args/scalar.ts'
import { todo } from '../args/switch.ts'
import { syscall } from './syscall.ts'

export const memory = {
  mmap: syscall(9, ['desc', 'memory'], decimal, { addr: todo, length: todo, prot: todo, flags: todo, fd, offset: todo }),
  mprotect: syscall(10, ['memory'], decimal, { addr: todo, length: size, prot: todo }),
  munmap: syscall(11, ['memory'], decimal, { addr: todo, length: size }),
  brk: syscall(12, ['memory'], decimal, { addr: todo }),
  mremap: syscall(25, ['memory'], decimal, { old_address: todo, old_size: todo, new_size: todo, flags: todo, new_address: todo }),
  msync: syscall(26, ['memory'], decimal, { addr: todo, length: size, flags: todo }),
  mincore: syscall(27, ['memory'], decimal, { addr: todo, length: size, vec: todo }),
  madvise: syscall(28, ['memory'], decimal, { addr: todo, length: size, advice: todo }),
  mlock: syscall(149, ['memory'], decimal, { addr: todo, length: size }),
  munlock: syscall(150, ['memory'], decimal, { addr: todo, length: size }),
  mlockall: syscall(151, ['memory'], decimal, { flags: todo }),
  munlockall: syscall(152, ['memory'], decimal, {}),
  remap_file_pages: syscall(216, ['memory'], decimal, { addr: todo, size: todo, prot: todo, pgoff: todo, flags: todo }),
  mbind: syscall(237, ['memory'], decimal, { addr: todo, len: todo, mode: todo, nodemask: todo, maxnode: todo, flags: todo }),
  set_mempolicy: syscall(238, ['memory'], decimal, { mode: todo, nodemask: todo, maxnode: todo }),
  get_mempolicy: syscall(239, ['memory'], decimal, { mode: todo, nodemask: todo, maxnode: todo, addr: todo, flags: todo }),
  migrate_pages: syscall(256, ['memory'], decimal, { pid, maxnode: todo, old_nodes: todo, new_nodes: todo }),
  move_pages: syscall(279, ['memory'], decimal, { pid, count: todo, pages: todo, nodes: todo, status: todo, flags: todo }),
  userfaultfd: syscall(323, ['desc'], decimal, { flags: todo }),
  membarrier: syscall(324, [], decimal, { cmd: todo, flags: todo, cpu_id: todo }),
  mlock2: syscall(325, ['memory'], decimal, { addr: todo, length: size, flags: todo }),
  pkey_mprotect: syscall(329, ['memory'], decimal, { addr: todo, length: size, prot: todo, pkey: todo }),
  pkey_alloc: syscall(330, [], decimal, { flags: todo, access_rights: todo }),
  pkey_free: syscall(331, [], decimal, { pkey: todo }),
  process_madvise: syscall(440, ['desc'], decimal, { pidfd: fd, iovec: todo, n: size, advice: todo, flags: todo }),
  process_mrelease: syscall(448, ['desc'], decimal, { pidfd: fd, flags: todo }),
  set_mempolicy_home_node: syscall(450, ['memory'], decimal, { start: todo, len: todo, home_node: todo, flags: todo }),
  map_shadow_stack: syscall(453, ['memory'], decimal, { addr: todo, len: todo, flags: todo }),
  mseal: syscall(462, ['memory'], decimal, { addr: todo, length: size, flags: todo }),
} as const
