/** What system this is, randomness, and calls that the kernel has no more. */

import { family } from './check.ts'
import { block, room, string, u16, u32, u64, zeros } from './script.ts'

/** Real ones would stop the machine, or do not fail everywhere in the same way. */
const deny = <Name extends string>(calls: Name) => ({ options: { deny: [{ calls, error: 'EPERM' as const }] } })
const CLONE_NEWUTS = 0x4000000
const newSystem = ['unshare', CLONE_NEWUTS] as const

/** struct user_desc: its bit-fields in one word. */
const segment = (entry: number, base: number, limit: number, bits: number) =>
  block([u32(entry), u32(base), u32(limit), u32(bits)])

/** SIGURG after 50 ms, and again and again: it wakes a traced process without doing anything to it. */
const SIGURG = 23
const ticking = [
  ['timer_create', 1, block([u64(0), u32(SIGURG), u32(0), zeros(48)]), room(4, 'timer')],
  ['timer_settime', 0, 0, block([u64(0), u64(50_000_000), u64(0), u64(50_000_000)]), 0],
] as const

/** struct perf_event_attr of 136 bytes. */
const attributes = (type: number, config: number | bigint, bits: bigint, size = 136) =>
  block([
    u32(type),
    u32(size),
    u64(config),
    u64(100), // sample_period
    u64(0x2003), // sample_type
    u64(0x5), // read_format
    u64(bits),
    u32(1), // wakeup_events
    u32(3), // bp_type
    u64(0x1000), // bp_addr
    u64(4), // bp_len
    u64(0x8), // branch_sample_type
    u64(0xff), // sample_regs_user
    u32(4096), // sample_stack_user
    u32(1), // clockid
    u64(0), // sample_regs_intr
    u32(0), // aux_watermark
    u16(10), // sample_max_stack
    u16(0),
    u32(0), // aux_sample_size
    u32(0),
    u64(0x55), // sig_data
    u64(0), // config3
  ])

export const misc = family(
  {
    'reboot success': 'would stop the machine',
    'kexec_load success': 'would replace the kernel',
    'kexec_file_load success': 'would replace the kernel',
    'init_module success': 'would change the kernel',
    'finit_module success': 'would change the kernel',
    'delete_module success': 'would change the kernel',
    'vhangup success': 'would hang up the terminal of whoever runs the tests',
    'iopl success': 'not every kernel has it',
    'ioperm success': 'not every kernel has it',
    'modify_ldt failure': 'the kernel clips its errors to 32 bits, which makes results of them',
    'set_thread_area success': 'only i386 has it',
    'get_thread_area success': 'only i386 has it',
    'lookup_dcookie success': 'gone since 6.8',
    '_sysctl success': 'gone since 5.5',
    'create_module success': 'gone since 2.6',
    'get_kernel_syms success': 'gone since 2.6',
    'query_module success': 'gone since 2.6',
    'nfsservctl success': 'gone since 3.1',
    'getpmsg success': 'no kernel had it',
    'putpmsg success': 'no kernel had it',
    'afs_syscall success': 'no kernel had it',
    'tuxcall success': 'no kernel had it',
    'security success': 'no kernel had it',
    'vserver success': 'no kernel had it',
    'uretprobe success': 'for a return probe in the program only',
    'uprobe success': 'for a probe in the program only',
  },
  {
    call: ['uname', room(390)],
    out: { buf: { sysname: 'Linux', machine: 'x86_64' } },
    returned: 0,
    text: 'uname({sysname="Linux", nodename="…", ...}) = 0',
  },
  {
    call: ['uname', 1],
    error: 'EFAULT',
    text: 'uname(0x1) = -1 EFAULT (Bad address)',
  },
  {
    call: ['sysinfo', room(112)],
    out: { info: { uptime: (it: unknown) => typeof it === 'number' && it > 0, mem_unit: 1 } },
    returned: 0,
    text: 'sysinfo({uptime=…, loads=[…], totalram=…, freeram=…, sharedram=…, bufferram=…, totalswap=…, freeswap=…, procs=…, totalhigh=0, freehigh=0, mem_unit=1}) = 0',
  },
  { call: ['sysinfo', 1], error: 'EFAULT', text: 'sysinfo(0x1) = -1 EFAULT (Bad address)' },
  {
    call: ['getrandom', room(8), 8, 1],
    args: { buflen: 8, flags: ['GRND_NONBLOCK'] },
    out: { buf: (it: unknown) => typeof it === 'string' },
    returned: 8,
    text: 'getrandom("\\x…", 8, GRND_NONBLOCK) = 8',
  },
  {
    call: ['getrandom', room(8), 8, 0x18],
    args: { buflen: 8, flags: ['0x18'] },
    error: 'EINVAL',
    text: 'getrandom(0x…, 8, 0x18 /* GRND_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    needs: 'root',
    before: [newSystem],
    call: ['sethostname', string('syscope'), 4],
    args: { name: 'sysc', len: 4 },
    returned: 0,
    text: 'sethostname("sysc", 4) = 0',
  },
  {
    needs: 'root',
    before: [newSystem],
    call: ['sethostname', string('syscope'), 65],
    args: { len: 65 },
    error: 'EINVAL',
    text: 'sethostname(0x…, 65) = -1 EINVAL (Invalid argument)',
  },
  {
    needs: 'root',
    before: [newSystem],
    call: ['setdomainname', string('example.org'), 11],
    args: { name: 'example.org', len: 11 },
    returned: 0,
    text: 'setdomainname("example.org", 11) = 0',
  },
  {
    needs: 'root',
    before: [newSystem],
    call: ['setdomainname', 1, 3],
    args: { name: 'EFAULT', len: 3 },
    error: 'EFAULT',
    text: 'setdomainname(0x1, 3) = -1 EFAULT (Bad address)',
  },
  {
    needs: 'root',
    call: ['syslog', 10, 0, 0],
    args: { type: 'SYSLOG_ACTION_SIZE_BUFFER', bufp: undefined, len: undefined },
    returned: (it: unknown) => typeof it === 'number' && it > 0,
    text: 'syslog(10 /* SYSLOG_ACTION_SIZE_BUFFER */) = …',
  },
  {
    needs: 'root',
    call: ['syslog', 3, room(64), 64],
    args: { type: 'SYSLOG_ACTION_READ_ALL', len: 64 },
    out: { bufp: (it: unknown) => typeof it === 'string' },
    text: 'syslog(3 /* SYSLOG_ACTION_READ_ALL */, "…, 64) = …',
  },
  {
    needs: 'root',
    call: ['syslog', 3, room(64), -1],
    args: { type: 'SYSLOG_ACTION_READ_ALL', len: -1 },
    error: 'EINVAL',
    text: 'syslog(3 /* SYSLOG_ACTION_READ_ALL */, 0x…, -1) = -1 EINVAL (Invalid argument)',
  },
  {
    needs: 'root',
    call: ['syslog', 8, 0, 9],
    args: { type: 'SYSLOG_ACTION_CONSOLE_LEVEL', bufp: 0n, len: '0x9' },
    error: 'EINVAL',
    text: 'syslog(8 /* SYSLOG_ACTION_CONSOLE_LEVEL */, NULL, 9 /* LOGLEVEL_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    needs: 'root',
    call: ['syslog', 99, 16, 5],
    args: { type: '0x63', bufp: 16n, len: 5 },
    error: 'EINVAL',
    text: 'syslog(99 /* SYSLOG_ACTION_??? */, 0x10, 5) = -1 EINVAL (Invalid argument)',
  },
  {
    ...deny('reboot'),
    call: ['reboot', 0xfee1dead, 0x28121969, 0xa1b2c3d4, string('bootloader')],
    args: {
      magic: 'LINUX_REBOOT_MAGIC1',
      magic2: 'LINUX_REBOOT_MAGIC2',
      op: 'LINUX_REBOOT_CMD_RESTART2',
      arg: 'bootloader',
    },
    error: 'EPERM',
    text: 'reboot(LINUX_REBOOT_MAGIC1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_RESTART2, "bootloader") = -1 EPERM (Operation not permitted) (INJECTED)',
  },
  {
    ...deny('reboot'),
    call: ['reboot', 1, 2, 0x4321fedc, 3],
    args: { magic: '0x1', magic2: '0x2', op: 'LINUX_REBOOT_CMD_POWER_OFF', arg: undefined },
    error: 'EPERM',
    text: 'reboot(0x1 /* LINUX_REBOOT_MAGIC1??? */, 0x2 /* LINUX_REBOOT_MAGIC2??? */, LINUX_REBOOT_CMD_POWER_OFF) = -1 EPERM (Operation not permitted) (INJECTED)',
  },
  {
    ...deny('kexec_load'),
    call: ['kexec_load', 0x1000, 1, block([u64(0x10), u64(32), u64(0x2000), u64(64)]), 0x3e0001],
    args: {
      entry: 0x1000n,
      nr_segments: 1,
      segments: [{ buf: 0x10n, bufsz: 32, mem: 0x2000n, memsz: 64 }],
      flags: ['KEXEC_ARCH_X86_64', 'KEXEC_ON_CRASH'],
    },
    error: 'EPERM',
    text: 'kexec_load(0x1000, 1, [{buf=0x10, bufsz=32, mem=0x2000, memsz=64}], KEXEC_ARCH_X86_64|KEXEC_ON_CRASH) = -1 EPERM (Operation not permitted) (INJECTED)',
  },
  {
    ...deny('kexec_load'),
    call: ['kexec_load', 0, 17, 16, 0x12340000],
    args: { entry: 0n, nr_segments: 17, segments: 'EFAULT', flags: ['0x12340000'] },
    error: 'EPERM',
    text: 'kexec_load(NULL, 17, 0x10, 0x12340000 /* KEXEC_ARCH_??? */) = -1 EPERM (Operation not permitted) (INJECTED)',
  },
  {
    ...deny('kexec_file_load'),
    call: ['kexec_file_load', -1, -1, 6, string('quiet'), 4],
    args: {
      kernel_fd: -1,
      initrd_fd: -1,
      cmdline_len: 6,
      cmdline: 'quiet\0',
      flags: ['KEXEC_FILE_NO_INITRAMFS'],
    },
    error: 'EPERM',
    text: 'kexec_file_load(-1, -1, 6, "quiet\\0", KEXEC_FILE_NO_INITRAMFS) = -1 EPERM (Operation not permitted) (INJECTED)',
  },
  {
    ...deny('init_module'),
    call: ['init_module', 16, 7, string('debug=1')],
    args: { module_image: 16n, len: 7, param_values: 'debug=1' },
    error: 'EPERM',
    text: 'init_module(0x10, 7, "debug=1") = -1 EPERM (Operation not permitted) (INJECTED)',
  },
  {
    ...deny('finit_module'),
    call: ['finit_module', -1, string('debug=1'), 3],
    args: {
      fd: -1,
      param_values: 'debug=1',
      flags: ['MODULE_INIT_IGNORE_MODVERSIONS', 'MODULE_INIT_IGNORE_VERMAGIC'],
    },
    error: 'EPERM',
    text: 'finit_module(-1, "debug=1", MODULE_INIT_IGNORE_MODVERSIONS|MODULE_INIT_IGNORE_VERMAGIC) = -1 EPERM (Operation not permitted) (INJECTED)',
  },
  {
    ...deny('delete_module'),
    call: ['delete_module', string('nothing'), 0xa00],
    args: { name: 'nothing', flags: ['O_NONBLOCK', 'O_TRUNC'] },
    error: 'EPERM',
    text: 'delete_module("nothing", O_NONBLOCK|O_TRUNC) = -1 EPERM (Operation not permitted) (INJECTED)',
  },
  {
    ...deny('vhangup'),
    call: ['vhangup'],
    error: 'EPERM',
    text: 'vhangup() = -1 EPERM (Operation not permitted) (INJECTED)',
  },
  {
    ...deny('iopl'),
    call: ['iopl', 3],
    args: { level: 3 },
    error: 'EPERM',
    text: 'iopl(3) = -1 EPERM (Operation not permitted) (INJECTED)',
  },
  {
    ...deny('ioperm'),
    call: ['ioperm', 0x80, 1, 1],
    args: { from: 0x80, num: 1, turn_on: 1 },
    error: 'EPERM',
    text: 'ioperm(0x80, 0x1, 1) = -1 EPERM (Operation not permitted) (INJECTED)',
  },
  {
    call: ['modify_ldt', 1, segment(1, 0x12345678, 0xfffff, 0x51), 16],
    args: {
      func: 1,
      ptr: {
        entry_number: 1,
        base_addr: 0x12345678,
        limit: 0xfffff,
        seg_32bit: 1,
        contents: 0,
        read_exec_only: 0,
        limit_in_pages: 1,
        seg_not_present: 0,
        useable: 1,
        lm: 0,
      },
      bytecount: 16,
    },
    text: 'modify_ldt(1, {entry_number=1, base_addr=0x12345678, limit=0x0fffff, seg_32bit=1, contents=0, read_exec_only=0, limit_in_pages=1, seg_not_present=0, useable=1, lm=0}, 16) = …',
  },
  {
    call: ['modify_ldt', 5, 16, 4],
    args: { func: 5, ptr: 'EFAULT', bytecount: 4 },
    text: 'modify_ldt(5, 0x10, 4) = 4294967258 ENOSYS (Function not implemented)',
  },
  {
    call: ['set_thread_area', segment(-1, 0, 0xfffff, 0x51)],
    args: { u_info: { entry_number: -1, base_addr: 0, limit: 0xfffff, useable: 1 } },
    error: 'ENOSYS',
    text: 'set_thread_area({entry_number=-1, base_addr=00000000, limit=0x0fffff, seg_32bit=1, contents=0, read_exec_only=0, limit_in_pages=1, seg_not_present=0, useable=1, lm=0}) = -1 ENOSYS (Function not implemented)',
  },
  {
    call: ['get_thread_area', segment(12, 0, 0, 0)],
    args: { u_info: { entry_number: 12 } },
    error: 'ENOSYS',
    text: 'get_thread_area({entry_number=12, ...}) = -1 ENOSYS (Function not implemented)',
  },
  {
    ...deny('lookup_dcookie'),
    call: ['lookup_dcookie', 0x1234567890, 16, 8],
    args: { cookie: 0x1234567890, len: 8 },
    error: 'EPERM',
    text: 'lookup_dcookie(78187493520, 0x10, 8) = -1 EPERM (Operation not permitted) (INJECTED)',
  },
  {
    call: ['_sysctl', block([u64(0x10), u32(2), u32(0), u64(0x20), u64(0x30), u64(0), u64(7), zeros(32)])],
    args: { args: { name: 0x10n, nlen: 2, oldval: 0x20n, oldlenp: 0x30n, newval: 0n, newlen: 7 } },
    error: 'ENOSYS',
    text: '_sysctl({name=0x10, nlen=2, oldval=0x20, oldlenp=0x30, newval=NULL, newlen=7}) = -1 ENOSYS (Function not implemented)',
  },
  {
    needs: 'root',
    call: ['perf_event_open', attributes(1, 9, 0x2000061n), 0, -1, -1, 8],
    args: {
      attr: {
        type: 'PERF_TYPE_SOFTWARE',
        size: 136,
        config: 'PERF_COUNT_SW_DUMMY',
        sample_period: 100,
        sample_type: ['PERF_SAMPLE_IP', 'PERF_SAMPLE_TID', 'PERF_SAMPLE_STACK_USER'],
        read_format: ['PERF_FORMAT_TOTAL_TIME_ENABLED', 'PERF_FORMAT_ID'],
        disabled: 1,
        inherit: 0,
        exclude_kernel: 1,
        exclude_hv: 1,
        use_clockid: 1,
        precise_ip: 0,
        clockid: 'CLOCK_MONOTONIC',
        sample_max_stack: 10,
        sig_data: 0x55,
        config4: 0,
      },
      pid: 0,
      cpu: -1,
      group_fd: -1,
      flags: ['PERF_FLAG_FD_CLOEXEC'],
    },
    returned: (it: unknown) => typeof it === 'number' && it > 2,
    text: 'perf_event_open({type=PERF_TYPE_SOFTWARE, size=PERF_ATTR_SIZE_VER8, config=PERF_COUNT_SW_DUMMY, sample_period=100, sample_type=PERF_SAMPLE_IP|PERF_SAMPLE_TID|PERF_SAMPLE_STACK_USER, read_format=PERF_FORMAT_TOTAL_TIME_ENABLED|PERF_FORMAT_ID, disabled=1, exclude_kernel=1, exclude_hv=1, precise_ip=0 /* arbitrary skid */, use_clockid=1, ...}, 0, -1, -1, PERF_FLAG_FD_CLOEXEC) = …',
  },
  {
    call: ['perf_event_open', attributes(0, 0x5_0000_0001n, 0n, 0x10000), 0, -1, -1, 0],
    args: { attr: { type: 'PERF_TYPE_HARDWARE', size: 0x10000, config: 0x5_0000_0001 } },
    error: 'E2BIG',
    text: 'perf_event_open({type=PERF_TYPE_HARDWARE, size=0x10000 /* PERF_ATTR_SIZE_??? */ => …, config=0x5<<32|PERF_COUNT_HW_INSTRUCTIONS, sample_period=100, sample_type=PERF_SAMPLE_IP|PERF_SAMPLE_TID|PERF_SAMPLE_STACK_USER, read_format=PERF_FORMAT_TOTAL_TIME_ENABLED|PERF_FORMAT_ID, precise_ip=0 /* arbitrary skid */, ...}, 0, -1, -1, 0) = -1 E2BIG (Argument list too long)',
  },
  {
    ...deny('perf_event_open'),
    call: ['perf_event_open', attributes(3, 0x1_02_00n, 0x18400n, 96), -1, 0, -1, 0],
    args: { attr: { type: 'PERF_TYPE_HW_CACHE', config: 0x10200, sample_freq: 100, freq: 1, precise_ip: 3 } },
    error: 'EPERM',
    style: { abbreviate: false },
    text: 'perf_event_open({type=PERF_TYPE_HW_CACHE, size=PERF_ATTR_SIZE_VER3, config=PERF_COUNT_HW_CACHE_RESULT_MISS<<16|PERF_COUNT_HW_CACHE_OP_PREFETCH<<8|PERF_COUNT_HW_CACHE_L1D, sample_freq=100, sample_type=PERF_SAMPLE_IP|PERF_SAMPLE_TID|PERF_SAMPLE_STACK_USER, read_format=PERF_FORMAT_TOTAL_TIME_ENABLED|PERF_FORMAT_ID, disabled=0, inherit=0, pinned=0, exclusive=0, exclude_user=0, exclude_kernel=0, exclude_hv=0, exclude_idle=0, mmap=0, comm=0, freq=1, inherit_stat=0, enable_on_exec=0, task=0, watermark=0, precise_ip=3 /* must have 0 skid */, mmap_data=0, sample_id_all=0, exclude_host=0, exclude_guest=0, exclude_callchain_kernel=0, exclude_callchain_user=0, mmap2=0, comm_exec=0, use_clockid=0, context_switch=0, write_backward=0, namespaces=0, ksymbol=0, bpf_event=0, aux_output=0, cgroup=0, text_poke=0, build_id=0, inherit_thread=0, remove_on_exec=0, sigtrap=0, wakeup_events=1, config1=0x1000, config2=0x4, sample_regs_user=0xff, sample_stack_user=0x1000}, -1, 0, -1, 0) = -1 EPERM (Operation not permitted) (INJECTED)',
  },
  {
    ...deny('perf_event_open'),
    call: ['perf_event_open', attributes(5, 0, 0x40000004000n, 72), 0, -1, -1, 0],
    args: { attr: { type: 'PERF_TYPE_BREAKPOINT', bp_type: 'HW_BREAKPOINT_RW', bp_addr: 0x1000, bp_len: 4 } },
    error: 'EPERM',
    style: { abbreviate: false },
    text: 'perf_event_open({type=PERF_TYPE_BREAKPOINT, size=PERF_ATTR_SIZE_VER1, config=0, …, watermark=1, …, sigtrap=0, __reserved_1=0x10 /* Bits 63..38 */, wakeup_watermark=1, bp_type=HW_BREAKPOINT_RW, bp_addr=0x1000, bp_len=4}, 0, -1, -1, 0) = -1 EPERM (Operation not permitted) (INJECTED)',
  },
  {
    call: ['perf_event_open', 1, 0, -1, -1, 0],
    args: { attr: 'EFAULT' },
    error: 'EFAULT',
    text: 'perf_event_open(0x1, 0, -1, -1, 0) = -1 EFAULT (Bad address)',
  },
  {
    // The ticks interrupt the sleep, not the call that resumes it.
    before: [
      ...ticking,
      ['nanosleep', block([u64(0), u64(400_000_000)]), 0],
      ['timer_settime', 0, 0, block([zeros(32)]), 0],
    ],
    call: ['restart_syscall'],
    returned: 0,
    text: 'restart_syscall(<... resuming interrupted … ...>) = 0',
  },
  {
    call: ['restart_syscall'],
    error: 'EINTR',
    text: 'restart_syscall(<... resuming interrupted … ...>) = -1 EINTR (Interrupted system call)',
  },
  {
    call: ['create_module', 1, 2],
    args: { arg1: 1, arg2: 2 },
    error: 'ENOSYS',
    text: 'create_module(0x1, 0x2) = -1 ENOSYS (Function not implemented)',
  },
  {
    call: ['get_kernel_syms', 16],
    args: { arg1: 16 },
    error: 'ENOSYS',
    text: 'get_kernel_syms(0x10) = -1 ENOSYS (Function not implemented)',
  },
  {
    call: ['query_module', 0, 1, 2, 3, 4],
    args: { arg1: 0, arg2: 1, arg3: 2, arg4: 3, arg5: 4 },
    error: 'ENOSYS',
    text: 'query_module(0, 0x1, 0x2, 0x3, 0x4) = -1 ENOSYS (Function not implemented)',
  },
  {
    call: ['nfsservctl', 1, 2, 3],
    args: { arg1: 1, arg2: 2, arg3: 3 },
    error: 'ENOSYS',
    text: 'nfsservctl(0x1, 0x2, 0x3) = -1 ENOSYS (Function not implemented)',
  },
  {
    call: ['getpmsg', 1, 2, 3, 4, 5],
    args: { arg1: 1, arg5: 5 },
    error: 'ENOSYS',
    text: 'getpmsg(0x1, 0x2, 0x3, 0x4, 0x5) = -1 ENOSYS (Function not implemented)',
  },
  {
    call: ['putpmsg', 1, 2, 3, 4, 5],
    args: { arg1: 1, arg5: 5 },
    error: 'ENOSYS',
    text: 'putpmsg(0x1, 0x2, 0x3, 0x4, 0x5) = -1 ENOSYS (Function not implemented)',
  },
  {
    call: ['afs_syscall', 1, 2, 3, 4, 5],
    args: { arg1: 1, arg5: 5 },
    error: 'ENOSYS',
    text: 'afs_syscall(0x1, 0x2, 0x3, 0x4, 0x5) = -1 ENOSYS (Function not implemented)',
  },
  {
    call: ['tuxcall', 1, 2, 3],
    args: { arg1: 1, arg3: 3 },
    error: 'ENOSYS',
    text: 'tuxcall(0x1, 0x2, 0x3) = -1 ENOSYS (Function not implemented)',
  },
  {
    call: ['security', 1, 2, 3],
    args: { arg1: 1, arg3: 3 },
    error: 'ENOSYS',
    text: 'security(0x1, 0x2, 0x3) = -1 ENOSYS (Function not implemented)',
  },
  {
    call: ['vserver', 1, 2, 3, 4, 0x1_0000_0000],
    args: { arg1: 1, arg5: 0x1_0000_0000 },
    error: 'ENOSYS',
    text: 'vserver(0x1, 0x2, 0x3, 0x4, 0x100000000) = -1 ENOSYS (Function not implemented)',
  },
  {
    ...deny('uprobe'),
    call: ['uprobe'],
    error: 'EPERM',
    text: 'uprobe() = -1 EPERM (Operation not permitted) (INJECTED)',
  },
  {
    ...deny('uretprobe'),
    call: ['uretprobe'],
    error: 'EPERM',
    text: 'uretprobe() = -1 EPERM (Operation not permitted) (INJECTED)',
  },
)
