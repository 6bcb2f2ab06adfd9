/** System calls: misc. */

import { decimal } from '../args/returns.ts'
import { fd, pid, size } from '../args/scalar.ts'
import { todo } from '../args/switch.ts'
import { syscall } from './syscall.ts'

export const misc = {
  sysinfo: syscall(99, [], decimal, { info: todo }),
  syslog: syscall(103, [], decimal, { type: todo, bufp: todo, len: todo }),
  vhangup: syscall(153, [], decimal, {}),
  _sysctl: syscall(156, [], decimal, { args: todo }),
  reboot: syscall(169, [], decimal, { magic: todo, magic2: todo, op: todo, arg: todo }),
  sethostname: syscall(170, [], decimal, { name: todo, len: todo }),
  setdomainname: syscall(171, [], decimal, { name: todo, len: todo }),
  create_module: syscall(174, [], decimal, { arg1: todo, arg2: todo }),
  init_module: syscall(175, [], decimal, { module_image: todo, len: todo, param_values: todo }),
  delete_module: syscall(176, [], decimal, { name: todo, flags: todo }),
  get_kernel_syms: syscall(177, [], decimal, { arg1: todo }),
  query_module: syscall(178, [], decimal, { arg1: todo, arg2: todo, arg3: todo, arg4: todo, arg5: todo }),
  getpmsg: syscall(181, ['network'], decimal, { arg1: todo, arg2: todo, arg3: todo, arg4: todo, arg5: todo }),
  putpmsg: syscall(182, ['network'], decimal, { arg1: todo, arg2: todo, arg3: todo, arg4: todo, arg5: todo }),
  afs_syscall: syscall(183, [], decimal, { arg1: todo, arg2: todo, arg3: todo, arg4: todo, arg5: todo }),
  tuxcall: syscall(184, [], decimal, { arg1: todo, arg2: todo, arg3: todo }),
  vserver: syscall(236, [], decimal, { arg1: todo, arg2: todo, arg3: todo, arg4: todo, arg5: todo }),
  kexec_load: syscall(246, [], decimal, { entry: todo, nr_segments: todo, segments: todo, flags: todo }),
  perf_event_open: syscall(298, ['desc'], decimal, { attr: todo, pid, cpu: todo, group_fd: fd, flags: todo }),
  finit_module: syscall(313, ['desc'], decimal, { fd, param_values: todo, flags: todo }),
  getrandom: syscall(318, [], decimal, { buf: todo, buflen: size, flags: todo }),
  kexec_file_load: syscall(320, ['desc'], decimal, { kernel_fd: fd, initrd_fd: fd, cmdline_len: todo, cmdline: todo, flags: todo }),
  uretprobe: syscall(335, [], decimal, {}),
  uprobe: syscall(336, [], decimal, {}),
} as const
