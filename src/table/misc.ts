/** System calls on the whole system, and those that no kernel has any more. */

import { bytesIn, randomOut } from '../args/bytes.ts'
import { flags, oneOf } from '../args/flags.ts'
import { sysinfo } from '../args/limits.ts'
import { text } from '../args/path.ts'
import { resultIn } from '../args/pointer.ts'
import { decimal, newFd } from '../args/returns.ts'
import { address, fd, hex, int, pid, size, uint, word } from '../args/scalar.ts'
import { todo } from '../args/switch.ts'
import { BOOT, BOOT_MAGIC1, BOOT_MAGIC2, DELETE_MODULE, GRND, MODULE_INIT, PERF_OPEN } from './constants/process.ts'
import { KEXEC_FILE } from './constants/security.ts'
import { syscall } from './syscall.ts'

export const misc = {
  sysinfo: syscall(99, [], decimal, { info: resultIn(sysinfo) }),
  syslog: syscall(103, [], decimal, { type: todo, bufp: todo, len: int }),
  vhangup: syscall(153, [], decimal, {}),
  _sysctl: syscall(156, [], decimal, { args: todo }),
  reboot: syscall(169, [], decimal, {
    magic: oneOf(BOOT_MAGIC1, 4, 'LINUX_REBOOT_MAGIC1???'),
    magic2: oneOf(BOOT_MAGIC2, 4, 'LINUX_REBOOT_MAGIC2???'),
    op: oneOf(BOOT),
    arg: todo,
  }),
  sethostname: syscall(170, [], decimal, { name: bytesIn('len', { width: 4 }), len: uint }),
  setdomainname: syscall(171, [], decimal, { name: bytesIn('len', { width: 4 }), len: uint }),
  create_module: syscall(174, [], decimal, { arg1: word, arg2: word }),
  init_module: syscall(175, [], decimal, { module_image: address, len: size, param_values: text }),
  delete_module: syscall(176, [], decimal, { name: text, flags: flags(DELETE_MODULE) }),
  get_kernel_syms: syscall(177, [], decimal, { arg1: word }),
  query_module: syscall(178, [], decimal, { arg1: word, arg2: word, arg3: word, arg4: word, arg5: word }),
  getpmsg: syscall(181, ['network'], decimal, { arg1: word, arg2: word, arg3: word, arg4: word, arg5: word }),
  putpmsg: syscall(182, ['network'], decimal, { arg1: word, arg2: word, arg3: word, arg4: word, arg5: word }),
  afs_syscall: syscall(183, [], decimal, { arg1: word, arg2: word, arg3: word, arg4: word, arg5: word }),
  tuxcall: syscall(184, [], decimal, { arg1: word, arg2: word, arg3: word }),
  vserver: syscall(236, [], decimal, { arg1: word, arg2: word, arg3: word, arg4: word, arg5: word }),
  kexec_load: syscall(246, [], decimal, { entry: hex, nr_segments: size, segments: todo, flags: todo }),
  perf_event_open: syscall(298, ['desc'], newFd, {
    attr: todo,
    pid,
    cpu: int,
    group_fd: fd,
    flags: flags(PERF_OPEN, 8),
  }),
  finit_module: syscall(313, ['desc'], decimal, { fd, param_values: text, flags: flags(MODULE_INIT) }),
  getrandom: syscall(318, [], decimal, { buf: randomOut('buflen'), buflen: size, flags: flags(GRND) }),
  kexec_file_load: syscall(320, ['desc'], decimal, {
    kernel_fd: fd,
    initrd_fd: fd,
    cmdline_len: size,
    cmdline: text,
    flags: flags(KEXEC_FILE, 8),
  }),
  uretprobe: syscall(335, [], decimal, {}),
  uprobe: syscall(336, [], decimal, {}, { sinceKernel: '6.18' }),
} as const
