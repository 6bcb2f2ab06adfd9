/** Mappings, advice, locks, protection keys, and policies about NUMA nodes. */

import { O, O_ACCESS } from '../../src/table/constants/file.ts'
import {
  MADV,
  MAP,
  MCL,
  MEMBARRIER,
  MEMBARRIER_FLAG,
  MLOCK,
  MREMAP,
  MS_SYNC,
} from '../../src/table/constants/memory.ts'
import {
  MBIND,
  MPOL,
  MPOL_GET,
  MPOL_MODE,
  MPOL_MOVE,
  PKEY,
  PROT,
  SHADOW_STACK,
} from '../../src/table/constants/memory.ts'
import { family } from './check.ts'
import { pretended } from './pretend.ts'
import { block, page, result, room, string, u32, u64, type Call, type Word } from './script.ts'

const { PROT_READ, PROT_WRITE, PROT_NONE, PROT_EXEC } = PROT.values
const { MAP_PRIVATE, MAP_SHARED, MAP_ANONYMOUS, MAP_FIXED, MAP_HUGETLB, MAP_NORESERVE } = MAP.values
const { MREMAP_MAYMOVE, MREMAP_FIXED, MREMAP_DONTUNMAP } = MREMAP.values
const { MPOL_BIND, MPOL_PREFERRED, MPOL_LOCAL } = MPOL.values

const PAGE = 4096
/** Not the start of a page. */
const ODD = 0x1001
/** Three pages of memory: the result of the first call. */
const pages: readonly Call[] = [['mmap', 0, 3 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0]]
const isAddress = (value: unknown): boolean => typeof value === 'bigint' && value > 0xffffn
const numbers = (...list: readonly Word[]): Word => block(list.map(u64))

export const memory = family(
  {
    'brk failure': 'never fails: returns the old end',
    'munlockall failure': 'never fails',
  },
  {
    call: ['mmap', 0, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0],
    args: {
      addr: 0n,
      length: 8192,
      prot: ['PROT_READ', 'PROT_WRITE'],
      flags: ['MAP_PRIVATE', 'MAP_ANONYMOUS', 'MAP_NORESERVE'],
      fd: -1,
      offset: 0,
    },
    text: 'mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_NORESERVE, -1, 0) = 0x…',
  },
  {
    before: [['open', string('file'), O_ACCESS.values.O_RDWR | O.values.O_CREAT, 0o600]],
    call: ['mmap', 0, PAGE, PROT_NONE, MAP_SHARED, 3, 2 * PAGE],
    args: { prot: ['PROT_NONE'], flags: ['MAP_SHARED'], fd: 3, offset: 8192 },
    text: 'mmap(NULL, 4096, PROT_NONE, MAP_SHARED, 3, 0x2000) = 0x…',
  },
  {
    call: ['mmap', ODD, PAGE, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_HUGETLB | (21 << 26), -1, ODD],
    args: {
      addr: 0x1001n,
      prot: ['PROT_EXEC'],
      flags: ['MAP_PRIVATE', 'MAP_FIXED', 'MAP_ANONYMOUS', 'MAP_HUGETLB', '0x54000000'],
      offset: 0x1001,
    },
    error: 'EINVAL',
    text: 'mmap(0x1001, 4096, PROT_EXEC, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS|MAP_HUGETLB|21<<MAP_HUGE_SHIFT, -1, 0x1001) = -1 EINVAL (Invalid argument)',
  },
  {
    before: pages,
    call: ['mprotect', result(0), PAGE, PROT_READ],
    args: { addr: isAddress, length: 4096, prot: ['PROT_READ'] },
    returned: 0,
    text: 'mprotect(0x…, 4096, PROT_READ) = 0',
  },
  {
    call: ['mprotect', ODD, PAGE, PROT_READ | 0x10],
    args: { addr: 0x1001n, length: 4096, prot: ['PROT_READ', '0x10'] },
    error: 'EINVAL',
    text: 'mprotect(0x1001, 4096, PROT_READ|0x10) = -1 EINVAL (Invalid argument)',
  },
  {
    before: pages,
    call: ['munmap', result(0), PAGE],
    args: { addr: isAddress, length: 4096 },
    returned: 0,
    text: 'munmap(0x…, 4096) = 0',
  },
  {
    call: ['munmap', ODD, PAGE],
    args: { addr: 0x1001n, length: 4096 },
    error: 'EINVAL',
    text: 'munmap(0x1001, 4096) = -1 EINVAL (Invalid argument)',
  },
  { call: ['brk', 0], args: { addr: 0n }, text: 'brk(NULL) = 0x…' },
  {
    before: pages,
    call: ['mremap', result(0), PAGE, 4 * PAGE, MREMAP_MAYMOVE, 77],
    args: {
      old_address: isAddress,
      old_size: 4096,
      new_size: 16384,
      flags: ['MREMAP_MAYMOVE'],
      new_address: undefined,
    },
    text: 'mremap(0x…, 4096, 16384, MREMAP_MAYMOVE) = 0x…',
  },
  {
    before: pages,
    call: ['mremap', result(0), PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, ODD],
    args: {
      old_size: 4096,
      new_size: 4096,
      flags: ['MREMAP_MAYMOVE', 'MREMAP_FIXED', 'MREMAP_DONTUNMAP'],
      new_address: 0x1001n,
    },
    error: 'EINVAL',
    text: 'mremap(0x…, 4096, 4096, MREMAP_MAYMOVE|MREMAP_FIXED|MREMAP_DONTUNMAP, 0x1001) = -1 EINVAL (Invalid argument)',
  },
  {
    before: pages,
    call: ['msync', result(0), PAGE, MS_SYNC.values.MS_SYNC | MS_SYNC.values.MS_INVALIDATE],
    args: { addr: isAddress, length: 4096, flags: ['MS_SYNC', 'MS_INVALIDATE'] },
    returned: 0,
    text: 'msync(0x…, 4096, MS_SYNC|MS_INVALIDATE) = 0',
  },
  {
    call: ['msync', ODD, PAGE, MS_SYNC.values.MS_ASYNC | 0x20],
    args: { addr: 0x1001n, length: 4096, flags: ['MS_ASYNC', '0x20'] },
    error: 'EINVAL',
    text: 'msync(0x1001, 4096, MS_ASYNC|0x20) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [...pages, ['madvise', result(0), PAGE, MADV.values.MADV_POPULATE_WRITE]],
    call: ['mincore', result(0), 2 * PAGE + 1, room(3)],
    args: { addr: isAddress, length: 8193 },
    out: { vec: [1, 0, 0] },
    returned: 0,
    text: 'mincore(0x…, 8193, [1, 0, 0]) = 0',
  },
  {
    before: pages,
    call: ['mincore', result(0), PAGE, 1],
    args: { addr: isAddress, length: 4096 },
    error: 'EFAULT',
    text: 'mincore(0x…, 4096, 0x1) = -1 EFAULT (Bad address)',
  },
  {
    before: pages,
    call: ['madvise', result(0), PAGE, MADV.values.MADV_DONTNEED],
    args: { addr: isAddress, length: 4096, advice: 'MADV_DONTNEED' },
    returned: 0,
    text: 'madvise(0x…, 4096, MADV_DONTNEED) = 0',
  },
  {
    before: pages,
    call: ['madvise', result(0), PAGE, 999],
    args: { addr: isAddress, length: 4096, advice: '0x3e7' },
    error: 'EINVAL',
    text: 'madvise(0x…, 4096, 0x3e7 /* MADV_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    before: pages,
    call: ['mlock', result(0), PAGE],
    args: { addr: isAddress, length: 4096 },
    returned: 0,
    text: 'mlock(0x…, 4096) = 0',
  },
  {
    call: ['mlock', PAGE, PAGE],
    args: { addr: 0x1000n, length: 4096 },
    error: 'ENOMEM',
    text: 'mlock(0x1000, 4096) = -1 ENOMEM (Cannot allocate memory)',
  },
  {
    before: [...pages, ['mlock', result(0), PAGE]],
    call: ['munlock', result(0), PAGE],
    args: { addr: isAddress, length: 4096 },
    returned: 0,
    text: 'munlock(0x…, 4096) = 0',
  },
  {
    call: ['munlock', PAGE, PAGE],
    args: { addr: 0x1000n, length: 4096 },
    error: 'ENOMEM',
    text: 'munlock(0x1000, 4096) = -1 ENOMEM (Cannot allocate memory)',
  },
  {
    call: ['mlockall', MCL.values.MCL_FUTURE | MCL.values.MCL_ONFAULT],
    args: { flags: ['MCL_FUTURE', 'MCL_ONFAULT'] },
    returned: 0,
    text: 'mlockall(MCL_FUTURE|MCL_ONFAULT) = 0',
  },
  {
    call: ['mlockall', 0],
    args: { flags: [] },
    error: 'EINVAL',
    text: 'mlockall(0) = -1 EINVAL (Invalid argument)',
  },
  { call: ['munlockall'], args: {}, returned: 0, text: 'munlockall() = 0' },
  {
    before: pages,
    call: ['mlock2', result(0), PAGE, MLOCK.values.MLOCK_ONFAULT],
    args: { addr: isAddress, length: 4096, flags: ['MLOCK_ONFAULT'] },
    returned: 0,
    text: 'mlock2(0x…, 4096, MLOCK_ONFAULT) = 0',
  },
  {
    before: pages,
    call: ['mlock2', result(0), PAGE, 2],
    args: { flags: ['0x2'] },
    error: 'EINVAL',
    text: 'mlock2(0x…, 4096, 0x2 /* MLOCK_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [['mmap', 0, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0]],
    call: ['remap_file_pages', result(0), PAGE, 0, 2, 0],
    args: { addr: isAddress, size: 4096, prot: ['PROT_NONE'], pgoff: 2, flags: ['MAP_FILE'] },
    returned: 0,
    text: 'remap_file_pages(0x…, 4096, PROT_NONE, 2, MAP_FILE) = 0',
  },
  {
    before: pages,
    call: ['remap_file_pages', result(0), PAGE, PROT_READ, 1, MAP_SHARED],
    args: { addr: isAddress, size: 4096, prot: ['PROT_READ'], pgoff: 1, flags: ['MAP_SHARED'] },
    error: 'EINVAL',
    text: 'remap_file_pages(0x…, 4096, PROT_READ, 1, MAP_SHARED) = -1 EINVAL (Invalid argument)',
  },
  {
    before: pages,
    call: ['mbind', result(0), PAGE, MPOL_BIND | MPOL_MODE.values.MPOL_F_STATIC_NODES, numbers(1), 65, 1],
    args: {
      addr: isAddress,
      len: 4096,
      mode: ['MPOL_BIND', 'MPOL_F_STATIC_NODES'],
      nodemask: [0],
      maxnode: 65,
      flags: ['MPOL_MF_STRICT'],
    },
    returned: 0,
    text: 'mbind(0x…, 4096, MPOL_BIND|MPOL_F_STATIC_NODES, [0x0000000000000001], 65, MPOL_MF_STRICT) = 0',
  },
  {
    before: pages,
    call: ['mbind', result(0), PAGE, 0x77, numbers(0x8000_0000_0000_0001n, 6), 68, 0xff & ~MBIND.values.MPOL_MF_MOVE],
    args: {
      mode: ['0x77'],
      nodemask: [0, 63, 65, 66],
      maxnode: 68,
      flags: ['MPOL_MF_STRICT', 'MPOL_MF_MOVE_ALL', '0xf8'],
    },
    error: 'EINVAL',
    text: 'mbind(0x…, 4096, 0x77 /* MPOL_??? */, [0x8000000000000001, 0x0000000000000006], 68, MPOL_MF_STRICT|MPOL_MF_MOVE_ALL|0xf8) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['set_mempolicy', MPOL_PREFERRED, numbers(1), 3],
    args: { mode: ['MPOL_PREFERRED'], nodemask: [0], maxnode: 3 },
    returned: 0,
    text: 'set_mempolicy(MPOL_PREFERRED, [0x0000000000000001], 3) = 0',
  },
  {
    call: ['set_mempolicy', MPOL_BIND | MPOL_MODE.values.MPOL_F_RELATIVE_NODES, 0, 0],
    args: { mode: ['MPOL_BIND', 'MPOL_F_RELATIVE_NODES'], nodemask: null, maxnode: 0 },
    error: 'EINVAL',
    text: 'set_mempolicy(MPOL_BIND|MPOL_F_RELATIVE_NODES, NULL, 0) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [['set_mempolicy', MPOL_BIND, numbers(1), 3]],
    call: ['get_mempolicy', room(4), room(128), 1025, 0, 0],
    args: { maxnode: 1025, addr: 0n, flags: [] },
    out: { mode: 'MPOL_BIND', nodemask: [0] },
    returned: 0,
    text: `get_mempolicy([MPOL_BIND], [0x0000000000000001, ${'0000000000000000, '.repeat(15).slice(0, -2)}], 1025, NULL, 0) = 0`,
  },
  {
    before: [
      ...pages,
      ['madvise', result(0), PAGE, MADV.values.MADV_POPULATE_WRITE],
      ['set_mempolicy', MPOL_LOCAL, 0, 0],
    ],
    call: ['get_mempolicy', room(4), 0, 0, result(0), MPOL_GET.values.MPOL_F_NODE | MPOL_GET.values.MPOL_F_ADDR],
    args: { maxnode: 0, addr: isAddress, flags: ['MPOL_F_NODE', 'MPOL_F_ADDR'] },
    out: { mode: (node: unknown) => typeof node === 'number', nodemask: null },
    returned: 0,
    text: 'get_mempolicy([…], NULL, 0, 0x…, MPOL_F_NODE|MPOL_F_ADDR) = 0',
  },
  {
    call: ['get_mempolicy', room(4), room(8), 1, 0, 8],
    args: { maxnode: 1, addr: 0n, flags: ['0x8'] },
    error: 'EINVAL',
    text: 'get_mempolicy(0x…, 0x…, 1, NULL, 0x8 /* MPOL_F_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['migrate_pages', 0, 1025, block([u64(1), { part: 'z120' }]), block([u64(1), { part: 'z120' }])],
    args: { pid: 0, maxnode: 1025, old_nodes: [0], new_nodes: [0] },
    returned: 0,
    style: { stringLimit: 2 },
    text: 'migrate_pages(0, 1025, [0x0000000000000001, 0000000000000000, ...], [0x0000000000000001, 0000000000000000, ...]) = 0',
  },
  {
    call: ['migrate_pages', -1, 10, numbers(6), 1],
    args: { pid: -1, maxnode: 10, old_nodes: [1, 2], new_nodes: 'EFAULT' },
    error: 'EFAULT',
    text: 'migrate_pages(-1, 10, [0x0000000000000006], 0x1) = -1 EFAULT (Bad address)',
  },
  {
    before: [...pages, ['madvise', result(0), PAGE, MADV.values.MADV_POPULATE_WRITE]],
    call: ['move_pages', 0, 2, numbers(result(0), 0x10000), 0, room(8), MPOL_MOVE.values.MPOL_MF_MOVE],
    args: { pid: 0, count: 2, pages: [isAddress, 0x10000n], nodes: null, flags: ['MPOL_MF_MOVE'] },
    out: { status: [(node: unknown) => typeof node === 'number', 'EFAULT'] },
    returned: 0,
    text: 'move_pages(0, 2, [0x…, 0x10000], NULL, […, -EFAULT], MPOL_MF_MOVE) = 0',
  },
  {
    call: ['move_pages', 0, 2, numbers(0, page), block([u32(-1), u32(7)]), room(8), 0x10],
    args: { pid: 0, count: 2, pages: [0n, isAddress], nodes: [-1, 7], flags: ['0x10'] },
    error: 'EINVAL',
    text: 'move_pages(0, 2, [NULL, 0x…], [-1, 7], 0x…, 0x10 /* MPOL_MF_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    since: '5.17',
    before: [...pages, ['mbind', result(0), PAGE, MPOL_BIND, numbers(1), 65, 0]],
    call: ['set_mempolicy_home_node', result(0), PAGE, 0, 0],
    args: { len: 4096, home_node: 0, flags: 0 },
    returned: 0,
    text: 'set_mempolicy_home_node(0x…, 4096, 0, 0) = 0',
  },
  {
    since: '5.17',
    call: ['set_mempolicy_home_node', ODD, PAGE, 0, 0],
    args: { start: 0x1001, len: 4096, home_node: 0, flags: 0 },
    error: 'EINVAL',
    text: 'set_mempolicy_home_node(0x1001, 4096, 0, 0) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['membarrier', MEMBARRIER.values.MEMBARRIER_CMD_QUERY, 0, 0],
    args: { cmd: 'MEMBARRIER_CMD_QUERY', flags: [], cpu_id: undefined },
    text: 'membarrier(MEMBARRIER_CMD_QUERY, 0) = 0x… (MEMBARRIER_CMD_GLOBAL|…)',
  },
  {
    call: [
      'membarrier',
      MEMBARRIER.values.MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ,
      MEMBARRIER_FLAG.values.MEMBARRIER_CMD_FLAG_CPU,
      3,
    ],
    args: { cmd: 'MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ', flags: ['MEMBARRIER_CMD_FLAG_CPU'], cpu_id: 3 },
    error: 'EPERM',
    text: 'membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, MEMBARRIER_CMD_FLAG_CPU, 3) = -1 EPERM (Operation not permitted)',
  },
  {
    call: ['membarrier', 0x1000, 2, 0],
    args: { cmd: '0x1000', flags: ['0x2'] },
    error: 'EINVAL',
    text: 'membarrier(0x1000 /* MEMBARRIER_CMD_??? */, 0x2 /* MEMBARRIER_CMD_FLAG_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    before: pages,
    call: ['pkey_mprotect', result(0), PAGE, PROT_READ, -1],
    args: { addr: isAddress, length: 4096, prot: ['PROT_READ'], pkey: -1 },
    returned: 0,
    text: 'pkey_mprotect(0x…, 4096, PROT_READ, -1) = 0',
  },
  {
    before: pages,
    call: ['pkey_mprotect', result(0), PAGE, PROT_WRITE, 99],
    args: { addr: isAddress, length: 4096, prot: ['PROT_WRITE'], pkey: 99 },
    error: 'EINVAL',
    text: 'pkey_mprotect(0x…, 4096, PROT_WRITE, 99) = -1 EINVAL (Invalid argument)',
  },
  {
    before: pretended('pkey_alloc'),
    call: ['pkey_alloc', 0, PKEY.values.PKEY_DISABLE_WRITE],
    args: { flags: 0, access_rights: ['PKEY_DISABLE_WRITE'] },
    returned: 0,
    text: 'pkey_alloc(0, PKEY_DISABLE_WRITE) = 0',
  },
  {
    before: pretended('pkey_free'),
    call: ['pkey_free', 3],
    args: { pkey: 3 },
    returned: 0,
    text: 'pkey_free(3) = 0',
  },
  {
    call: ['pkey_alloc', 1, 9],
    args: { flags: 1, access_rights: ['PKEY_DISABLE_ACCESS', '0x8'] },
    error: 'EINVAL',
    text: 'pkey_alloc(0x1, PKEY_DISABLE_ACCESS|0x8) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['pkey_free', 99],
    args: { pkey: 99 },
    error: 'EINVAL',
    text: 'pkey_free(99) = -1 EINVAL (Invalid argument)',
  },
  {
    // Until Linux 6.13 with CAP_SYS_NICE only, even of oneself.
    needs: 'root',
    before: [...pages, ['getpid'], ['pidfd_open', result(1), 0]],
    call: ['process_madvise', result(2), numbers(result(0), PAGE), 1, MADV.values.MADV_COLD, 0],
    args: {
      pidfd: 3,
      iovec: [{ iov_base: 'EFAULT', iov_len: 4096 }],
      n: 1,
      advice: 'MADV_COLD',
      flags: 0,
    },
    returned: 4096,
    text: 'process_madvise(3, [{iov_base=0x…, iov_len=4096}], 1, MADV_COLD, 0) = 4096',
  },
  {
    call: ['process_madvise', -1, numbers(0x1000, 5), 1, 999, 0x11],
    args: { pidfd: -1, n: 1, advice: '0x3e7', flags: 0x11 },
    error: 'EINVAL',
    text: 'process_madvise(-1, [{iov_base=0x1000, iov_len=5}], 1, 0x3e7 /* MADV_??? */, 0x11) = -1 EINVAL (Invalid argument)',
  },
  {
    before: pretended('process_mrelease'),
    call: ['process_mrelease', 77, 5],
    args: { pidfd: 77, flags: 5 },
    returned: 0,
    text: 'process_mrelease(77, 0x5) = 0',
  },
  {
    call: ['process_mrelease', 77, 0],
    args: { pidfd: 77, flags: 0 },
    error: 'EBADF',
    text: 'process_mrelease(77, 0) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: pretended('map_shadow_stack'),
    call: ['map_shadow_stack', 0x2000, PAGE, SHADOW_STACK.values.SHADOW_STACK_SET_TOKEN],
    args: { addr: 0x2000n, len: 4096, flags: ['SHADOW_STACK_SET_TOKEN'] },
    text: 'map_shadow_stack(0x2000, 4096, SHADOW_STACK_SET_TOKEN) = 0',
  },
  {
    call: ['map_shadow_stack', ODD, PAGE, SHADOW_STACK.values.SHADOW_STACK_SET_TOKEN],
    args: { addr: 0x1001n, len: 4096, flags: ['SHADOW_STACK_SET_TOKEN'] },
    // Which error it is without shadow stacks depends on the kernel's configuration.
    options: { deny: { calls: 'map_shadow_stack', error: 'EOPNOTSUPP' } },
    error: 'EOPNOTSUPP',
    text: 'map_shadow_stack(0x1001, 4096, SHADOW_STACK_SET_TOKEN) = -1 EOPNOTSUPP (Operation not supported) (INJECTED)',
  },
  {
    since: '6.10',
    before: pages,
    call: ['mseal', result(0), PAGE, 0],
    args: { addr: isAddress, length: 4096, flags: 0 },
    returned: 0,
    text: 'mseal(0x…, 4096, 0) = 0',
  },
  {
    since: '6.10',
    call: ['mseal', ODD, PAGE, 7],
    args: { addr: 0x1001n, length: 4096, flags: 7 },
    error: 'EINVAL',
    text: 'mseal(0x1001, 4096, 0x7) = -1 EINVAL (Invalid argument)',
  },
)
