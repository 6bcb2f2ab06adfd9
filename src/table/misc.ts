/** System calls on the whole system, and those that no kernel has any more. */

import { bytesIn, bytesOut, randomOut } from '../args/bytes.ts'
import { flags, oneOf } from '../args/flags.ts'
import { kexecFlags, segments } from '../args/system/kexec.ts'
import { sysinfo } from '../args/process/limits.ts'

import { text, textUpTo } from '../args/path.ts'
import { perfEventAttributes } from '../args/security/perf-event.ts'
import { pointerTo, resultIn } from '../args/pointer.ts'
import { decimal, newFd } from '../args/returns.ts'
import { address, fd, int, pid, size, uint, word } from '../args/scalar.ts'
import { switchOn, unused } from '../args/switch.ts'
import { sysctlArguments } from '../args/system/sysctl.ts'
import { numbered } from '../args/system/syslog.ts'
import { systemName } from '../args/system/name.ts'
import { LOGLEVEL } from './constants/keys.ts'
import {
  SYSLOG,
  BOOT,
  BOOT_MAGIC1,
  BOOT_MAGIC2,
  DELETE_MODULE,
  GRND,
  MODULE_INIT,
  PERF_OPEN,
} from './constants/process.ts'
import { KEXEC_FILE } from './constants/security.ts'
import { syscall } from './syscall.ts'

/** These look at the type alone. */
const noBuffer = {
  SYSLOG_ACTION_CLOSE: unused,
  SYSLOG_ACTION_OPEN: unused,
  SYSLOG_ACTION_CLEAR: unused,
  SYSLOG_ACTION_CONSOLE_OFF: unused,
  SYSLOG_ACTION_CONSOLE_ON: unused,
  SYSLOG_ACTION_SIZE_UNREAD: unused,
  SYSLOG_ACTION_SIZE_BUFFER: unused,
} as const

/** Bytes that the kernel copies of what LINUX_REBOOT_CMD_RESTART2 hands on. */
const MOST_ARGUMENT = 255

export const misc = {
  sysinfo: syscall(99, [], decimal, { info: resultIn(sysinfo) }),
  syslog: syscall(103, [], decimal, {
    type: numbered(SYSLOG),
    bufp: switchOn(
      'type',
      SYSLOG,
      {
        ...noBuffer,
        SYSLOG_ACTION_READ: bytesOut('len'),
        SYSLOG_ACTION_READ_ALL: bytesOut('len'),
        SYSLOG_ACTION_READ_CLEAR: bytesOut('len'),
      },
      address,
    ),
    len: switchOn('type', SYSLOG, { ...noBuffer, SYSLOG_ACTION_CONSOLE_LEVEL: numbered(LOGLEVEL) }, int),
  }),
  vhangup: syscall(153, [], decimal, {}),
  _sysctl: syscall(156, [], decimal, { args: pointerTo(sysctlArguments) }),
  reboot: syscall(169, [], decimal, {
    magic: oneOf(BOOT_MAGIC1, 4, 'LINUX_REBOOT_MAGIC1???'),
    magic2: oneOf(BOOT_MAGIC2, 4, 'LINUX_REBOOT_MAGIC2???'),
    op: oneOf(BOOT),
    arg: switchOn('op', BOOT, { LINUX_REBOOT_CMD_RESTART2: textUpTo(MOST_ARGUMENT) }, unused),
  }),
  sethostname: syscall(170, [], decimal, { name: systemName, len: uint }),
  setdomainname: syscall(171, [], decimal, { name: systemName, len: uint }),
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
  kexec_load: syscall(246, [], decimal, {
    entry: address,
    nr_segments: size,
    segments: segments('nr_segments'),
    flags: kexecFlags,
  }),
  perf_event_open: syscall(298, ['desc'], newFd, {
    attr: perfEventAttributes,
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
    cmdline: bytesIn('cmdline_len'),
    flags: flags(KEXEC_FILE, 8),
  }),
  uretprobe: syscall(335, [], decimal, {}),
  uprobe: syscall(336, [], decimal, {}, { sinceKernel: '6.18' }),
} as const
