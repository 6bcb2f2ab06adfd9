/** Filters, BPF, keys, Landlock and other modules of security. */

import { family } from './check.ts'
import { block, bytes, intAt, result, room, string, u16, u32, u64, u8, zeros, type Part } from './script.ts'

/** struct sock_filter */
const statement = (code: number, k: number, jt = 0, jf = 0): readonly Part[] => [u16(code), u8(jt), u8(jf), u32(k)]

/** LD|W|ABS of the call's number; one call fails with ENOENT, the others go on. */
const program = block([
  ...statement(0x20, 0),
  ...statement(0x15, 0x1b9, 0, 1),
  ...statement(0x06, 0x50002),
  ...statement(0x06, 0x7fff0000),
])

/** For what not every kernel can do, or what changes more than a test may change. */
const deny = <Name extends string>(calls: Name) => ({ options: { deny: [{ calls, error: 'EPERM' as const }] } })
const denied = '-1 EPERM (Operation not permitted) (INJECTED)'

const isPositive = (it: unknown): boolean => typeof it === 'number' && it > 0
const PR_SET_NO_NEW_PRIVS = 38
const unprivileged = ['prctl', PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0] as const

/** landlock: EXECUTE and READ_FILE, of files only, as the first version had it. */
const ruleset = ['landlock_create_ruleset', block([u64(5)]), 8, 0] as const

/** Keyrings that end with the process. */
const PROCESS = -2
const THREAD = -1
const aKey = ['add_key', string('user'), string('syscope'), block([bytes('secret')]), 6, PROCESS] as const
const aRing = ['add_key', string('keyring'), string('ring'), 0, 0, PROCESS] as const

/** An array of two numbers, as BPF_MAP_CREATE takes it. */
const arrayMap = [u32(2), u32(4), u32(8), u32(2), zeros(12), bytes('syscope'), zeros(13)]
const aMap = ['bpf', 0, block(arrayMap), 48] as const

/** r0 = 5; exit */
const fivesOnly = block([bytes(Uint8Array.of(0xb7, 0, 0, 0, 5, 0, 0, 0, 0x95, 0, 0, 0, 0, 0, 0, 0))])
const socketFilter = [
  u32(1),
  u32(2),
  u64(fivesOnly),
  u64(string('GPL')),
  zeros(16),
  u32(0x60102),
  u32(0),
  bytes('filter'),
  zeros(90),
]
const aProgram = ['bpf', 5, block(socketFilter), 144] as const

/** The type `int`, in the format of BTF. */
const oneType = block([
  u32(0x1eb9f),
  u32(24),
  u32(0),
  u32(16),
  u32(16),
  u32(5),
  u32(1),
  u32(0x1000000),
  u32(4),
  u32(32),
  bytes('\0int\0'),
])

/** Two functions, by name, with a cookie each. */
const kprobes = [
  u32(1),
  u32(2),
  u64(block([u64(string('open')), u64(string('close'))])),
  u64(0),
  u64(block([u64(1), u64(2)])),
  zeros(16),
]

export const security = family(
  {
    'lsm_get_self_attr success': 'needs SELinux, AppArmor or Smack',
    'lsm_set_self_attr success': 'needs SELinux, AppArmor or Smack',
  },
  {
    before: [unprivileged],
    call: ['seccomp', 1, 2, block([u16(4), u16(0), u32(0), u64(program)])],
    args: {
      operation: 'SECCOMP_SET_MODE_FILTER',
      flags: ['SECCOMP_FILTER_FLAG_LOG'],
      args: {
        len: 4,
        filter: [
          { code: ['BPF_LD', 'BPF_W', 'BPF_ABS'], jt: 0, jf: 0, k: 0 },
          { code: ['BPF_JMP', 'BPF_K', 'BPF_JEQ'], jt: 0, jf: 1, k: 0x1b9 },
          { code: ['BPF_RET', 'BPF_K'], jt: 0, jf: 0, k: 0x50002 },
          { code: ['BPF_RET', 'BPF_K'], jt: 0, jf: 0, k: 0x7fff0000 },
        ],
      },
    },
    returned: 0,
    style: { abbreviate: false },
    text:
      'seccomp(SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_LOG, {len=4, filter=[BPF_STMT(BPF_LD|BPF_W|BPF_ABS, 0), ' +
      'BPF_JUMP(BPF_JMP|BPF_K|BPF_JEQ, 0x1b9, 0, 0x1), BPF_STMT(BPF_RET|BPF_K, SECCOMP_RET_ERRNO|0x2), ' +
      'BPF_STMT(BPF_RET|BPF_K, SECCOMP_RET_ALLOW)]}) = 0',
  },
  {
    before: [unprivileged],
    call: ['seccomp', 1, 0, block([u16(1), u16(0), u32(0), u64(block(statement(0x20, 0)))])],
    args: { flags: [], args: { len: 1, filter: [{ code: ['BPF_LD', 'BPF_W', 'BPF_ABS'], k: 0 }] } },
    error: 'EINVAL',
    text: 'seccomp(SECCOMP_SET_MODE_FILTER, 0, {len=1, filter=0x…}) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['seccomp', 2, 0, block([u32(0x7ffc0000)])],
    args: { operation: 'SECCOMP_GET_ACTION_AVAIL', flags: 0, args: 'SECCOMP_RET_LOG' },
    returned: 0,
    text: 'seccomp(SECCOMP_GET_ACTION_AVAIL, 0, [SECCOMP_RET_LOG]) = 0',
  },
  {
    call: ['seccomp', 2, 0, block([u32(0x12345678)])],
    args: { args: '0x12345678' },
    error: 'EOPNOTSUPP',
    text: 'seccomp(SECCOMP_GET_ACTION_AVAIL, 0, [0x12345678 /* SECCOMP_RET_??? */]) = -1 EOPNOTSUPP (Operation not supported)',
  },
  {
    call: ['seccomp', 3, 0, room(6)],
    out: { args: { seccomp_notif: isPositive, seccomp_notif_resp: 24, seccomp_data: 64 } },
    returned: 0,
    text: 'seccomp(SECCOMP_GET_NOTIF_SIZES, 0, {seccomp_notif=…, seccomp_notif_resp=24, seccomp_data=64}) = 0',
  },
  {
    call: ['seccomp', 3, 0, 1],
    error: 'EFAULT',
    text: 'seccomp(SECCOMP_GET_NOTIF_SIZES, 0, 0x1) = -1 EFAULT (Bad address)',
  },
  {
    // Ends with the next call, which strict mode does not allow.
    call: ['seccomp', 0, 0, 0],
    args: { operation: 'SECCOMP_SET_MODE_STRICT', flags: 0, args: 0n },
    returned: 0,
    text: 'seccomp(SECCOMP_SET_MODE_STRICT, 0, NULL) = 0',
  },
  {
    call: ['seccomp', 99, 7, 16],
    args: { operation: '0x63', flags: 7, args: 16n },
    error: 'EINVAL',
    text: 'seccomp(0x63 /* SECCOMP_??? */, 0x7, 0x10) = -1 EINVAL (Invalid argument)',
  },
  {
    call: [...ruleset],
    args: {
      attr: { handled_access_fs: ['LANDLOCK_ACCESS_FS_EXECUTE', 'LANDLOCK_ACCESS_FS_READ_FILE'], scoped: [] },
      size: 8,
      flags: [],
    },
    returned: isPositive,
    text: 'landlock_create_ruleset({handled_access_fs=LANDLOCK_ACCESS_FS_EXECUTE|LANDLOCK_ACCESS_FS_READ_FILE}, 8, 0) = …',
  },
  {
    call: ['landlock_create_ruleset', 0, 0, 1],
    args: { attr: null, size: 0, flags: ['LANDLOCK_CREATE_RULESET_VERSION'] },
    returned: isPositive,
    text: 'landlock_create_ruleset(NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) = …',
  },
  {
    call: ['landlock_create_ruleset', block([u64(1), u64(1), u64(2), u64(4), u64(2), u64(1), u64(1)]), 56, 0],
    args: {
      attr: {
        handled_access_fs: ['LANDLOCK_ACCESS_FS_EXECUTE'],
        handled_access_net: ['LANDLOCK_ACCESS_NET_BIND_TCP'],
        scoped: ['LANDLOCK_SCOPE_SIGNAL'],
        quiet_access_fs: ['LANDLOCK_ACCESS_FS_READ_FILE'],
        quiet_access_net: ['LANDLOCK_ACCESS_NET_CONNECT_TCP'],
        quiet_scoped: ['LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET'],
      },
      size: 56,
    },
    error: 'E2BIG',
    text: 'landlock_create_ruleset({handled_access_fs=LANDLOCK_ACCESS_FS_EXECUTE, handled_access_net=LANDLOCK_ACCESS_NET_BIND_TCP, scoped=LANDLOCK_SCOPE_SIGNAL, quiet_access_fs=LANDLOCK_ACCESS_FS_READ_FILE, quiet_access_net=LANDLOCK_ACCESS_NET_CONNECT_TCP, quiet_scoped=LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET, ...}, 56, 0) = -1 E2BIG (Argument list too long)',
  },
  {
    before: [ruleset, ['open', string('.'), 0x200000]],
    call: ['landlock_add_rule', result(0), 1, block([u64(4), u32(result(1))]), 0],
    args: { rule_attr: { allowed_access: ['LANDLOCK_ACCESS_FS_READ_FILE'], parent_fd: isPositive }, flags: [] },
    returned: 0,
    text: 'landlock_add_rule(…, LANDLOCK_RULE_PATH_BENEATH, {allowed_access=LANDLOCK_ACCESS_FS_READ_FILE, parent_fd=…}, 0) = 0',
  },
  {
    before: [ruleset],
    call: ['landlock_add_rule', result(0), 2, block([u64(3), u64(443)]), 0],
    args: {
      rule_type: 'LANDLOCK_RULE_NET_PORT',
      rule_attr: { allowed_access: ['LANDLOCK_ACCESS_NET_BIND_TCP', 'LANDLOCK_ACCESS_NET_CONNECT_TCP'], port: 443 },
    },
    error: 'EINVAL',
    text: 'landlock_add_rule(…, LANDLOCK_RULE_NET_PORT, {allowed_access=LANDLOCK_ACCESS_NET_BIND_TCP|LANDLOCK_ACCESS_NET_CONNECT_TCP, port=443}, 0) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [unprivileged, ruleset],
    call: ['landlock_restrict_self', result(1), 0],
    args: { ruleset_fd: isPositive, flags: 0 },
    returned: 0,
    text: 'landlock_restrict_self(…, 0) = 0',
  },
  {
    before: [unprivileged],
    call: ['landlock_restrict_self', -1, 0],
    args: { ruleset_fd: -1 },
    error: 'EBADF',
    text: 'landlock_restrict_self(-1, 0) = -1 EBADF (Bad file descriptor)',
  },
  {
    ...deny('lsm_get_self_attr'),
    call: ['lsm_get_self_attr', 100, block([u64(104), zeros(24)]), block([u32(64)]), 1],
    args: { attr: 'LSM_ATTR_CURRENT', ctx: { id: 'LSM_ID_APPARMOR' }, size: 64, flags: ['LSM_FLAG_SINGLE'] },
    error: 'EPERM',
    text: `lsm_get_self_attr(LSM_ATTR_CURRENT, {id=LSM_ID_APPARMOR} => 0x…, [64], LSM_FLAG_SINGLE) = ${denied}`,
  },
  {
    ...deny('lsm_set_self_attr'),
    call: ['lsm_set_self_attr', 101, block([u64(104), u64(3), u64(35), u64(3), bytes('abc')]), 35, 0],
    args: {
      attr: 'LSM_ATTR_EXEC',
      ctx: { id: 'LSM_ID_APPARMOR', flags: 3, len: 35, ctx_len: 3, ctx: 'abc' },
      size: 35,
      flags: 0,
    },
    error: 'EPERM',
    text: `lsm_set_self_attr(LSM_ATTR_EXEC, {id=LSM_ID_APPARMOR, flags=0x3, len=35, ctx_len=3, ctx="\\x61\\x62\\x63"}, 35, 0) = ${denied}`,
  },
  {
    call: ['lsm_list_modules', room(1024), block([u32(1024)]), 0],
    args: { size: 1024, flags: 0 },
    out: {
      ids: (it: unknown) => Array.isArray(it) && it.includes('LSM_ID_CAPABILITY'),
      size: (it: unknown) => typeof it === 'number' && it > 0 && it < 1024,
    },
    returned: isPositive,
    text: 'lsm_list_modules([LSM_ID_…], [1024 => …], 0) = …',
  },
  {
    call: ['lsm_list_modules', room(8), block([u32(0)]), 0],
    args: { size: 0 },
    error: 'E2BIG',
    text: 'lsm_list_modules(0x…, [0 => …], 0) = -1 E2BIG (Argument list too long)',
  },
  {
    call: [...aKey],
    args: { type: 'user', description: 'syscope', payload: 'secret', plen: 6, keyring: 'KEY_SPEC_PROCESS_KEYRING' },
    returned: isPositive,
    text: 'add_key("user", "syscope", "secret", 6, KEY_SPEC_PROCESS_KEYRING) = …',
  },
  {
    call: ['add_key', string('user'), 0, 0, 0, -99],
    args: { type: 'user', description: null, payload: null, plen: 0, keyring: -99 },
    error: 'EINVAL',
    text: 'add_key("user", NULL, NULL, 0, -99) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [aKey],
    call: ['request_key', string('user'), string('syscope'), 0, THREAD],
    args: { type: 'user', description: 'syscope', callout_info: null, dest_keyring: 'KEY_SPEC_THREAD_KEYRING' },
    returned: isPositive,
    text: 'request_key("user", "syscope", NULL, KEY_SPEC_THREAD_KEYRING) = …',
  },
  {
    call: ['request_key', string('user'), string('syscope, absent'), 0, 0],
    args: { description: 'syscope, absent', dest_keyring: 0 },
    error: 'ENOKEY',
    text: 'request_key("user", "syscope, absent", NULL, 0) = -1 ENOKEY (Required key not available)',
  },
  {
    call: ['keyctl', 0, PROCESS, 1],
    args: { operation: 'KEYCTL_GET_KEYRING_ID', arg2: 'KEY_SPEC_PROCESS_KEYRING', arg3: 1, arg4: undefined },
    returned: isPositive,
    text: 'keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1) = …',
  },
  {
    call: ['keyctl', 0, THREAD, 0],
    args: { arg2: 'KEY_SPEC_THREAD_KEYRING', arg3: 0 },
    error: 'ENOKEY',
    text: 'keyctl(KEYCTL_GET_KEYRING_ID, KEY_SPEC_THREAD_KEYRING, 0) = -1 ENOKEY (Required key not available)',
  },
  {
    call: ['keyctl', 1, 0],
    args: { operation: 'KEYCTL_JOIN_SESSION_KEYRING', arg2: null, arg3: undefined },
    returned: isPositive,
    text: 'keyctl(KEYCTL_JOIN_SESSION_KEYRING, NULL) = …',
  },
  {
    before: [aKey],
    call: ['keyctl', 2, result(0), block([bytes('other')]), 5],
    args: { operation: 'KEYCTL_UPDATE', arg2: isPositive, arg3: 'other', arg4: 5, arg5: undefined },
    returned: 0,
    text: 'keyctl(KEYCTL_UPDATE, …, "other", 5) = 0',
  },
  {
    before: [aKey],
    call: ['keyctl', 3, result(0)],
    args: { operation: 'KEYCTL_REVOKE', arg2: isPositive, arg3: undefined },
    returned: 0,
    text: 'keyctl(KEYCTL_REVOKE, …) = 0',
  },
  {
    before: [aKey],
    call: ['keyctl', 4, result(0), -1, -1],
    args: { operation: 'KEYCTL_CHOWN', arg3: -1, arg4: -1 },
    returned: 0,
    text: 'keyctl(KEYCTL_CHOWN, …, -1, -1) = 0',
  },
  {
    before: [aKey],
    call: ['keyctl', 5, result(0), 0x3f030000],
    args: { operation: 'KEYCTL_SETPERM', arg3: (it: unknown) => Array.isArray(it) && it.includes('KEY_USR_READ') },
    returned: 0,
    text: 'keyctl(KEYCTL_SETPERM, …, KEY_POS_VIEW|KEY_POS_READ|KEY_POS_WRITE|KEY_POS_SEARCH|KEY_POS_LINK|KEY_POS_SETATTR|KEY_USR_VIEW|KEY_USR_READ) = 0',
  },
  {
    before: [aKey],
    call: ['keyctl', 6, result(0), room(64), 64],
    args: { operation: 'KEYCTL_DESCRIBE', arg4: 64 },
    out: { arg3: (it: unknown) => typeof it === 'string' && /^user;.*;syscope$/u.test(it) },
    returned: isPositive,
    style: { stringLimit: 64 },
    text: 'keyctl(KEYCTL_DESCRIBE, …, "user;…;syscope", 64) = …',
  },
  {
    call: ['keyctl', 6, PROCESS, 16, 64],
    error: 'ENOKEY',
    text: 'keyctl(KEYCTL_DESCRIBE, KEY_SPEC_PROCESS_KEYRING, 0x10, 64) = -1 ENOKEY (Required key not available)',
  },
  {
    before: [aRing],
    call: ['keyctl', 7, PROCESS],
    args: { operation: 'KEYCTL_CLEAR', arg2: 'KEY_SPEC_PROCESS_KEYRING' },
    returned: 0,
    text: 'keyctl(KEYCTL_CLEAR, KEY_SPEC_PROCESS_KEYRING) = 0',
  },
  {
    before: [aKey],
    call: ['keyctl', 8, result(0), THREAD],
    args: { operation: 'KEYCTL_LINK', arg3: 'KEY_SPEC_THREAD_KEYRING', arg4: undefined },
    returned: 0,
    text: 'keyctl(KEYCTL_LINK, …, KEY_SPEC_THREAD_KEYRING) = 0',
  },
  {
    before: [aKey],
    call: ['keyctl', 9, result(0), PROCESS],
    args: { operation: 'KEYCTL_UNLINK', arg3: 'KEY_SPEC_PROCESS_KEYRING' },
    returned: 0,
    text: 'keyctl(KEYCTL_UNLINK, …, KEY_SPEC_PROCESS_KEYRING) = 0',
  },
  {
    before: [aKey],
    call: ['keyctl', 10, PROCESS, string('user'), string('syscope'), 0],
    args: {
      operation: 'KEYCTL_SEARCH',
      arg2: 'KEY_SPEC_PROCESS_KEYRING',
      arg3: 'user',
      arg4: 'syscope',
      arg5: 0,
    },
    returned: isPositive,
    text: 'keyctl(KEYCTL_SEARCH, KEY_SPEC_PROCESS_KEYRING, "user", "syscope", 0) = …',
  },
  {
    before: [aKey],
    call: ['keyctl', 11, result(0), room(64), 64],
    args: { operation: 'KEYCTL_READ', arg4: 64, arg5: undefined },
    out: { arg3: 'secret' },
    returned: 6,
    text: 'keyctl(KEYCTL_READ, …, "secret", 64) = 6',
  },
  {
    before: [aKey],
    call: ['keyctl', 11, result(0), room(64), 3],
    out: { arg3: '\0\0\0' },
    returned: 6,
    text: String.raw`keyctl(KEYCTL_READ, …, "\0\0\0", 3) = 6`,
  },
  {
    before: [aKey],
    call: ['keyctl', 12, result(0), block([bytes('new')]), 3, PROCESS],
    args: { operation: 'KEYCTL_INSTANTIATE', arg3: 'new', arg4: 3, arg5: 'KEY_SPEC_PROCESS_KEYRING' },
    error: 'EPERM',
    text: 'keyctl(KEYCTL_INSTANTIATE, …, "new", 3, KEY_SPEC_PROCESS_KEYRING) = -1 EPERM (Operation not permitted)',
  },
  {
    before: [aKey],
    call: ['keyctl', 13, result(0), 60, PROCESS],
    args: { operation: 'KEYCTL_NEGATE', arg3: 60, arg4: 'KEY_SPEC_PROCESS_KEYRING', arg5: undefined },
    error: 'EPERM',
    text: 'keyctl(KEYCTL_NEGATE, …, 60, KEY_SPEC_PROCESS_KEYRING) = -1 EPERM (Operation not permitted)',
  },
  {
    call: ['keyctl', 14, -1],
    args: { operation: 'KEYCTL_SET_REQKEY_KEYRING', arg2: 'KEY_REQKEY_DEFL_NO_CHANGE', arg3: undefined },
    returned: 0,
    text: 'keyctl(KEYCTL_SET_REQKEY_KEYRING, KEY_REQKEY_DEFL_NO_CHANGE) = 0',
  },
  {
    call: ['keyctl', 14, 99],
    args: { arg2: 99 },
    error: 'EINVAL',
    text: 'keyctl(KEYCTL_SET_REQKEY_KEYRING, 99 /* KEY_REQKEY_DEFL_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    before: [aKey],
    call: ['keyctl', 15, result(0), 3600],
    args: { operation: 'KEYCTL_SET_TIMEOUT', arg3: 3600 },
    returned: 0,
    text: 'keyctl(KEYCTL_SET_TIMEOUT, …, 3600) = 0',
  },
  {
    call: ['keyctl', 16, 0],
    args: { operation: 'KEYCTL_ASSUME_AUTHORITY', arg2: 0 },
    returned: 0,
    text: 'keyctl(KEYCTL_ASSUME_AUTHORITY, 0) = 0',
  },
  {
    before: [aKey],
    call: ['keyctl', 17, result(0), room(64), 64],
    args: { operation: 'KEYCTL_GET_SECURITY', arg4: 64 },
    out: { arg3: (it: unknown) => typeof it === 'string' },
    returned: isPositive,
    text: 'keyctl(KEYCTL_GET_SECURITY, …, "…", 64) = …',
  },
  {
    ...deny('keyctl'),
    call: ['keyctl', 18],
    args: { operation: 'KEYCTL_SESSION_TO_PARENT', arg2: undefined },
    error: 'EPERM',
    text: `keyctl(KEYCTL_SESSION_TO_PARENT) = ${denied}`,
  },
  {
    before: [aKey],
    call: ['keyctl', 19, result(0), 60, 129, PROCESS],
    args: { operation: 'KEYCTL_REJECT', arg3: 60, arg4: 'EKEYREJECTED', arg5: 'KEY_SPEC_PROCESS_KEYRING' },
    error: 'EPERM',
    text: 'keyctl(KEYCTL_REJECT, …, 60, EKEYREJECTED, KEY_SPEC_PROCESS_KEYRING) = -1 EPERM (Operation not permitted)',
  },
  {
    before: [aKey],
    call: ['keyctl', 20, result(0), block([u64(string('new')), u64(3)]), 1, 0],
    args: { operation: 'KEYCTL_INSTANTIATE_IOV', arg3: [{ iov_base: 'new', iov_len: 3 }], arg4: 1, arg5: 0 },
    error: 'EPERM',
    text: 'keyctl(KEYCTL_INSTANTIATE_IOV, …, [{iov_base="new", iov_len=3}], 1, 0) = -1 EPERM (Operation not permitted)',
  },
  {
    before: [aKey],
    call: ['keyctl', 21, result(0)],
    args: { operation: 'KEYCTL_INVALIDATE' },
    returned: 0,
    text: 'keyctl(KEYCTL_INVALIDATE, …) = 0',
  },
  {
    ...deny('keyctl'),
    call: ['keyctl', 22, -1, PROCESS],
    args: { operation: 'KEYCTL_GET_PERSISTENT', arg2: -1, arg3: 'KEY_SPEC_PROCESS_KEYRING' },
    error: 'EPERM',
    text: `keyctl(KEYCTL_GET_PERSISTENT, -1, KEY_SPEC_PROCESS_KEYRING) = ${denied}`,
  },
  {
    ...deny('keyctl'),
    call: [
      'keyctl',
      23,
      block([u32(1), u32(2), u32(3)]),
      16,
      32,
      block([u64(string('sha256')), u64(string('info')), u32(4), u32(7), zeros(32)]),
    ],
    args: {
      operation: 'KEYCTL_DH_COMPUTE',
      arg2: { private: 1, prime: 2, base: 3 },
      arg4: 32,
      arg5: { hashname: 'sha256', otherinfo: 'info', otherinfolen: 4 },
    },
    error: 'EPERM',
    text: `keyctl(KEYCTL_DH_COMPUTE, {private=1, prime=2, base=3}, 0x10, 32, {hashname="sha256", otherinfo="info", otherinfolen=4, __spare=[0x7, 0, 0, 0, 0, 0, 0, 0]}) = ${denied}`,
  },
  {
    ...deny('keyctl'),
    call: ['keyctl', 24, -3, 0, string('enc=raw'), 16],
    args: { operation: 'KEYCTL_PKEY_QUERY', arg2: 'KEY_SPEC_SESSION_KEYRING', arg3: 0, arg4: 'enc=raw' },
    error: 'EPERM',
    text: `keyctl(KEYCTL_PKEY_QUERY, KEY_SPEC_SESSION_KEYRING, 0, "enc=raw", 0x10) = ${denied}`,
  },
  {
    ...deny('keyctl'),
    call: [
      'keyctl',
      27,
      block([u32(7), u32(3), u32(64), u32(0), zeros(24)]),
      string('enc=raw'),
      block([bytes('abcdef')]),
      16,
    ],
    args: {
      operation: 'KEYCTL_PKEY_SIGN',
      arg2: { key_id: 7, in_len: 3, out_len: 64 },
      arg3: 'enc=raw',
      arg4: 'abc',
    },
    error: 'EPERM',
    text: `keyctl(KEYCTL_PKEY_SIGN, {key_id=7, in_len=3, out_len=64}, "enc=raw", "abc", 0x10) = ${denied}`,
  },
  {
    ...deny('keyctl'),
    call: [
      'keyctl',
      28,
      block([u32(7), u32(3), u32(2), u32(0), zeros(24)]),
      string('enc=raw'),
      block([bytes('abcdef')]),
      block([bytes('ghi')]),
    ],
    args: {
      operation: 'KEYCTL_PKEY_VERIFY',
      arg2: { key_id: 7, in_len: 3, in2_len: 2 },
      arg4: 'abc',
      arg5: 'gh',
    },
    error: 'EPERM',
    text: `keyctl(KEYCTL_PKEY_VERIFY, {key_id=7, in_len=3, in2_len=2}, "enc=raw", "abc", "gh") = ${denied}`,
  },
  {
    before: [aRing],
    call: ['keyctl', 29, result(0), 0, 0],
    args: { operation: 'KEYCTL_RESTRICT_KEYRING', arg3: null, arg4: null, arg5: undefined },
    returned: 0,
    text: 'keyctl(KEYCTL_RESTRICT_KEYRING, …, NULL, NULL) = 0',
  },
  {
    before: [aKey, aRing],
    call: ['keyctl', 30, result(0), PROCESS, result(1), 1],
    args: { operation: 'KEYCTL_MOVE', arg3: 'KEY_SPEC_PROCESS_KEYRING', arg4: isPositive, arg5: ['KEYCTL_MOVE_EXCL'] },
    returned: 0,
    text: 'keyctl(KEYCTL_MOVE, …, KEY_SPEC_PROCESS_KEYRING, …, KEYCTL_MOVE_EXCL) = 0',
  },
  {
    call: ['keyctl', 31, room(1), 1],
    args: { operation: 'KEYCTL_CAPABILITIES', arg3: 1, arg4: undefined },
    out: {
      arg2: (it: unknown) =>
        Array.isArray(it) && Array.isArray(it[0]) && it.length === 1 && it[0].includes('KEYCTL_CAPS0_CAPABILITIES'),
    },
    returned: isPositive,
    text: 'keyctl(KEYCTL_CAPABILITIES, [KEYCTL_CAPS0_CAPABILITIES…], 1) = …',
  },
  {
    call: ['keyctl', 0x7fffffff, 1, 2, 3, 4],
    args: { operation: '0x7fffffff', arg2: 1, arg3: 2, arg4: 3, arg5: 4 },
    error: 'EOPNOTSUPP',
    text: 'keyctl(0x7fffffff /* KEYCTL_??? */, 0x1, 0x2, 0x3, 0x4) = -1 EOPNOTSUPP (Operation not supported)',
  },
  {
    needs: 'root',
    call: ['bpf', 0, block(arrayMap), 48],
    args: {
      cmd: 'BPF_MAP_CREATE',
      attr: {
        map_type: 'BPF_MAP_TYPE_ARRAY',
        key_size: 4,
        value_size: 8,
        max_entries: 2,
        map_flags: [],
        inner_map_fd: 0,
        map_name: 'syscope',
        map_ifindex: 0,
      },
      size: 48,
    },
    returned: isPositive,
    text: 'bpf(BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_ARRAY, key_size=4, value_size=8, max_entries=2, map_flags=0, inner_map_fd=0, map_name="syscope", map_ifindex=0}, 48) = …',
  },
  {
    ...deny('bpf'),
    call: ['bpf', 0, block([u32(1), zeros(12), u32(0x4004), u32(3), u32(-1), bytes('name'), u32(5)]), 36],
    args: { attr: { map_type: 'BPF_MAP_TYPE_HASH', map_flags: ['BPF_F_NUMA_NODE', '0x4000'], numa_node: -1 } },
    error: 'EPERM',
    text: `bpf(BPF_MAP_CREATE, {map_type=BPF_MAP_TYPE_HASH, key_size=0, value_size=0, max_entries=0, map_flags=BPF_F_NUMA_NODE|0x4000, inner_map_fd=3, numa_node=4294967295 /* NUMA_NO_NODE */, map_name="name\\5"}, 36) = ${denied}`,
  },
  {
    needs: 'root',
    before: [aMap],
    call: ['bpf', 2, block([u64(result(0)), u64(block([u32(1)])), u64(block([u64(7)])), u64(2)]), 32],
    args: { cmd: 'BPF_MAP_UPDATE_ELEM', attr: { map_fd: isPositive, flags: ['BPF_EXIST'] } },
    returned: 0,
    text: 'bpf(BPF_MAP_UPDATE_ELEM, {map_fd=…, key=0x…, value=0x…, flags=BPF_EXIST}, 32) = 0',
  },
  {
    needs: 'root',
    before: [aMap],
    call: ['bpf', 1, block([u64(result(0)), u64(block([u32(9)])), u64(room(8)), u64(0)]), 32],
    args: { cmd: 'BPF_MAP_LOOKUP_ELEM', attr: { map_fd: isPositive, flags: ['BPF_ANY'] } },
    error: 'ENOENT',
    text: 'bpf(BPF_MAP_LOOKUP_ELEM, {map_fd=…, key=0x…, value=0x…, flags=BPF_ANY}, 32) = -1 ENOENT (No such file or directory)',
  },
  {
    needs: 'root',
    before: [aMap],
    call: ['bpf', 3, block([u64(result(0)), u64(block([u32(1)]))]), 16],
    args: { cmd: 'BPF_MAP_DELETE_ELEM', attr: { map_fd: isPositive } },
    error: 'EINVAL',
    text: 'bpf(BPF_MAP_DELETE_ELEM, {map_fd=…, key=0x…}, 16) = -1 EINVAL (Invalid argument)',
  },
  {
    needs: 'root',
    before: [aMap],
    call: ['bpf', 4, block([u64(result(0)), u64(0), u64(room(4))]), 24],
    args: { cmd: 'BPF_MAP_GET_NEXT_KEY', attr: { map_fd: isPositive, key: 0n } },
    returned: 0,
    text: 'bpf(BPF_MAP_GET_NEXT_KEY, {map_fd=…, key=NULL, next_key=0x…}, 24) = 0',
  },
  {
    needs: 'root',
    before: [aMap],
    call: [
      'bpf',
      24,
      block([u64(0), u64(room(4)), u64(room(16)), u64(room(32)), u32(4), u32(result(0)), u64(0), u64(0)]),
      56,
    ],
    args: { cmd: 'BPF_MAP_LOOKUP_BATCH', attr: { in_batch: 0n, count: 4, elem_flags: ['BPF_ANY'], flags: 0 } },
    error: 'ENOENT',
    text: 'bpf(BPF_MAP_LOOKUP_BATCH, {batch={in_batch=NULL, out_batch=0x…, keys=0x…, values=0x…, count=4, map_fd=…, elem_flags=BPF_ANY, flags=0}} => {batch={count=2}}, 56) = -1 ENOENT (No such file or directory)',
  },
  {
    needs: 'root',
    before: [aMap],
    call: [
      'bpf',
      24,
      block([u64(0), u64(room(4)), u64(room(16)), u64(room(32)), u32(1), u32(result(0)), u64(0), u64(0)]),
      56,
    ],
    args: { attr: { count: 1 } },
    out: { attr: { count: 1 } },
    returned: 0,
    text: 'bpf(BPF_MAP_LOOKUP_BATCH, {batch={in_batch=NULL, out_batch=0x…, keys=0x…, values=0x…, count=1, map_fd=…, elem_flags=BPF_ANY, flags=0}}, 56) = 0',
  },
  {
    needs: 'root',
    call: ['bpf', 5, block(socketFilter), 144],
    args: {
      cmd: 'BPF_PROG_LOAD',
      attr: {
        prog_type: 'BPF_PROG_TYPE_SOCKET_FILTER',
        insn_cnt: 2,
        insns: [
          { code: ['BPF_ALU64', 'BPF_K', 'BPF_MOV'], dst_reg: 'BPF_REG_0', src_reg: 'BPF_REG_0', off: 0, imm: 5 },
          { code: ['BPF_JMP', 'BPF_K', 'BPF_EXIT'], dst_reg: 'BPF_REG_0', src_reg: 'BPF_REG_0', off: 0, imm: 0 },
        ],
        license: 'GPL',
        log_size: 0,
        log_buf: null,
        kern_version: 0x60102,
        prog_flags: [],
        prog_name: 'filter',
        expected_attach_type: 'BPF_CGROUP_INET_INGRESS',
      },
      size: 144,
    },
    out: { attr: { log_buf: null, log_true_size: 0 } },
    returned: isPositive,
    style: { abbreviate: false },
    text: 'bpf(BPF_PROG_LOAD, {prog_type=BPF_PROG_TYPE_SOCKET_FILTER, insn_cnt=2, insns=[{code=BPF_ALU64|BPF_K|BPF_MOV, dst_reg=BPF_REG_0, src_reg=BPF_REG_0, off=0, imm=0x5}, {code=BPF_JMP|BPF_K|BPF_EXIT, dst_reg=BPF_REG_0, src_reg=BPF_REG_0, off=0, imm=0}], license="GPL", log_level=0, log_size=0, log_buf=NULL, kern_version=KERNEL_VERSION(6, 1, 2), prog_flags=0, prog_name="filter", prog_ifindex=0, expected_attach_type=BPF_CGROUP_INET_INGRESS, prog_btf_fd=0, func_info_rec_size=0, func_info=NULL, func_info_cnt=0, line_info_rec_size=0, line_info=NULL, line_info_cnt=0, attach_btf_id=0, attach_prog_fd=0, core_relo_cnt=0, fd_array=NULL, core_relos=NULL, core_relo_rec_size=0, log_true_size=0}, 144) = …',
  },
  {
    needs: 'root',
    call: [
      'bpf',
      5,
      block([u32(1), u32(2), u64(fivesOnly), u64(string('GPL')), u32(1), u32(512), u64(room(512)), u64(0)]),
      48,
    ],
    args: { attr: { log_level: 1, log_size: 512, log_buf: '' } },
    out: { attr: { log_buf: (it: unknown) => String(it).includes('processed 2 insns') } },
    returned: isPositive,
    text: 'bpf(BPF_PROG_LOAD, {prog_type=BPF_PROG_TYPE_SOCKET_FILTER, insn_cnt=2, insns=0x…, license="GPL", log_level=1, log_size=512, log_buf="", kern_version=KERNEL_VERSION(0, 0, 0), prog_flags=0}, 48) = …',
  },
  {
    needs: 'root',
    call: [
      'bpf',
      5,
      block([u32(1), u32(1), u64(block([bytes(Uint8Array.of(0x79, 0x21, 0xf8, 0xff, 0, 0, 0, 0))])), u64(string('x'))]),
      24,
    ],
    args: {
      attr: {
        insns: [{ code: ['BPF_LDX', 'BPF_DW', 'BPF_MEM'], dst_reg: 'BPF_REG_1', src_reg: 'BPF_REG_2', off: -8 }],
        license: 'x',
      },
    },
    error: 'EINVAL',
    text: 'bpf(BPF_PROG_LOAD, {prog_type=BPF_PROG_TYPE_SOCKET_FILTER, insn_cnt=1, insns=0x…, license="x"}, 24) = -1 EINVAL (Invalid argument)',
  },
  {
    needs: 'root',
    before: [aMap],
    call: ['bpf', 6, block([u64(string('pinned')), u32(result(0)), u32(0)]), 16],
    args: { cmd: 'BPF_OBJ_PIN', attr: { pathname: 'pinned', bpf_fd: isPositive, file_flags: [] } },
    error: 'EPERM',
    text: 'bpf(BPF_OBJ_PIN, {pathname="pinned", bpf_fd=…, file_flags=0}, 16) = -1 EPERM (Operation not permitted)',
  },
  {
    ...deny('bpf'),
    call: ['bpf', 7, block([u64(string('pinned')), u32(0), u32(0x4008), u32(-100)]), 20],
    args: {
      cmd: 'BPF_OBJ_GET',
      attr: { pathname: 'pinned', file_flags: ['BPF_F_RDONLY', 'BPF_F_PATH_FD'], path_fd: 'AT_FDCWD' },
    },
    error: 'EPERM',
    text: `bpf(BPF_OBJ_GET, {pathname="pinned", bpf_fd=0, file_flags=BPF_F_RDONLY|BPF_F_PATH_FD, path_fd=AT_FDCWD}, 20) = ${denied}`,
  },
  {
    ...deny('bpf'),
    call: ['bpf', 8, block([u32(3), u32(4), u32(1), u32(0x24), u32(5), u32(6), u64(7)]), 32],
    args: {
      cmd: 'BPF_PROG_ATTACH',
      attr: {
        target_fd: 3,
        attach_bpf_fd: 4,
        attach_type: 'BPF_CGROUP_INET_EGRESS',
        attach_flags: ['BPF_F_REPLACE', 'BPF_F_ID'],
        replace_bpf_fd: 5,
        relative_id: 6,
        expected_revision: 7,
      },
    },
    error: 'EPERM',
    text: `bpf(BPF_PROG_ATTACH, {target_fd=3, attach_bpf_fd=4, attach_type=BPF_CGROUP_INET_EGRESS, attach_flags=BPF_F_REPLACE|BPF_F_ID, replace_bpf_fd=5, relative_id=6, expected_revision=7}, 32) = ${denied}`,
  },
  {
    ...deny('bpf'),
    call: ['bpf', 9, block([u32(0), u32(4), u32(46), u32(0)]), 16],
    args: { cmd: 'BPF_PROG_DETACH', attr: { target_ifindex: 0, attach_type: 'BPF_TCX_INGRESS' } },
    error: 'EPERM',
    text: `bpf(BPF_PROG_DETACH, {target_ifindex=0, attach_bpf_fd=4, attach_type=BPF_TCX_INGRESS, attach_flags=0}, 16) = ${denied}`,
  },
  {
    needs: 'root',
    before: [aProgram],
    call: [
      'bpf',
      10,
      block([u32(result(0)), u32(0), u32(64), u32(64), u64(room(64)), u64(room(64)), u32(1), u32(0), zeros(40)]),
      80,
    ],
    args: {
      cmd: 'BPF_PROG_TEST_RUN',
      attr: { prog_fd: isPositive, data_size_in: 64, repeat: 1, flags: [] },
    },
    out: { attr: { retval: 5, data_size_out: isPositive, data_out: (it: unknown) => /^\0+$/u.test(String(it)) } },
    returned: 0,
    text: 'bpf(BPF_PROG_TEST_RUN, {test={prog_fd=…, retval=0, data_size_in=64, data_size_out=64, data_in=0x…, data_out=0x…, repeat=1, duration=0, ctx_size_in=0, ctx_size_out=0, ctx_in=NULL, ctx_out=NULL, flags=0, cpu=0, batch_size=0}}, 80) = 0',
  },
  {
    needs: 'root',
    before: [aMap],
    call: ['bpf', 12, block([u64(0)]), 8],
    args: { cmd: 'BPF_MAP_GET_NEXT_ID', attr: { start_id: 0 } },
    out: { attr: { next_id: isPositive } },
    returned: 0,
    text: 'bpf(BPF_MAP_GET_NEXT_ID, {start_id=0, next_id=…}, 8) = 0',
  },
  {
    needs: 'root',
    call: ['bpf', 11, block([u32(0xffffffff), u32(6)]), 8],
    args: { cmd: 'BPF_PROG_GET_NEXT_ID', attr: { start_id: 0xffffffff } },
    error: 'EINVAL',
    text: 'bpf(BPF_PROG_GET_NEXT_ID, {start_id=4294967295, next_id=6}, 8) = -1 EINVAL (Invalid argument)',
  },
  {
    needs: 'root',
    before: [aMap, ['bpf', 12, room(8, 'id'), 8]],
    call: ['bpf', 14, block([u32(intAt('id', 4)), u32(0), u32(8)]), 12],
    args: { cmd: 'BPF_MAP_GET_FD_BY_ID', attr: { map_id: isPositive, open_flags: ['BPF_F_RDONLY'] } },
    returned: isPositive,
    text: 'bpf(BPF_MAP_GET_FD_BY_ID, {map_id=…, open_flags=BPF_F_RDONLY}, 12) = …',
  },
  {
    needs: 'root',
    call: ['bpf', 13, block([u32(0x7fffffff)]), 4],
    args: { cmd: 'BPF_PROG_GET_FD_BY_ID', attr: { prog_id: 0x7fffffff } },
    error: 'ENOENT',
    text: 'bpf(BPF_PROG_GET_FD_BY_ID, {prog_id=2147483647}, 4) = -1 ENOENT (No such file or directory)',
  },
  {
    needs: 'root',
    before: [aMap],
    call: ['bpf', 15, block([u32(result(0)), u32(40), u64(room(40))]), 16],
    args: { cmd: 'BPF_OBJ_GET_INFO_BY_FD', attr: { bpf_fd: isPositive, info_len: 40 } },
    out: {
      attr: {
        info_len: 40,
        info: {
          type: 'BPF_MAP_TYPE_ARRAY',
          id: isPositive,
          key_size: 4,
          value_size: 8,
          max_entries: 2,
          name: 'syscope',
        },
      },
    },
    returned: 0,
    style: { abbreviate: false },
    text: 'bpf(BPF_OBJ_GET_INFO_BY_FD, {info={bpf_fd=…, info_len=40, info={type=BPF_MAP_TYPE_ARRAY, id=…, key_size=4, value_size=8, max_entries=2, map_flags=0, name="syscope"}}}, 16) = 0',
  },
  {
    needs: 'root',
    before: [aProgram],
    call: [
      'bpf',
      15,
      block([
        u32(result(0)),
        u32(104),
        u64(block([zeros(16), u32(0), u32(16), u64(0), u64(room(16)), zeros(12), u32(3), u64(room(12)), zeros(40)])),
      ]),
      16,
    ],
    out: {
      attr: {
        info: {
          type: 'BPF_PROG_TYPE_SOCKET_FILTER',
          id: isPositive,
          xlated_prog_len: 16,
          xlated_prog_insns: [
            { code: ['BPF_ALU64', 'BPF_K', 'BPF_MOV'], imm: 5 },
            { code: ['BPF_JMP', 'BPF_K', 'BPF_EXIT'] },
          ],
          nr_map_ids: 0,
          map_ids: [],
          name: 'filter',
          gpl_compatible: 1,
        },
      },
    },
    returned: 0,
    style: { abbreviate: false },
    text: 'bpf(BPF_OBJ_GET_INFO_BY_FD, {info={bpf_fd=…, info_len=104, info={type=BPF_PROG_TYPE_SOCKET_FILTER, id=…, tag="\\x…", jited_prog_len=…, jited_prog_insns=NULL, xlated_prog_len=16, xlated_prog_insns=[{code=BPF_ALU64|BPF_K|BPF_MOV, dst_reg=BPF_REG_0, src_reg=BPF_REG_0, off=0, imm=0x5}, {code=BPF_JMP|BPF_K|BPF_EXIT, dst_reg=BPF_REG_0, src_reg=BPF_REG_0, off=0, imm=0}], load_time=… /* … */, created_by_uid=0, nr_map_ids=3 => 0, map_ids=[], name="filter", ifindex=0, gpl_compatible=1, netns_dev=makedev(0, 0), netns_ino=0}}}, 16) = 0',
  },
  {
    ...deny('bpf'),
    call: ['bpf', 16, block([u32(3), u32(1), u32(1), u32(0), u64(16), u32(0), u32(0), zeros(32)]), 64],
    args: { cmd: 'BPF_PROG_QUERY', attr: { target_fd: 3, query_flags: ['BPF_F_QUERY_EFFECTIVE'], prog_cnt: 0 } },
    error: 'EPERM',
    text: `bpf(BPF_PROG_QUERY, {query={target_fd=3, attach_type=BPF_CGROUP_INET_EGRESS, query_flags=BPF_F_QUERY_EFFECTIVE, attach_flags=0, prog_ids=[], prog_cnt=0, prog_attach_flags=NULL, link_ids=NULL, link_attach_flags=NULL, revision=0}}, 64) = ${denied}`,
  },
  {
    ...deny('bpf'),
    call: ['bpf', 17, block([u64(string('sys_enter')), u64(4), u64(0xabc)]), 24],
    args: { cmd: 'BPF_RAW_TRACEPOINT_OPEN', attr: { name: 'sys_enter', prog_fd: 4, cookie: 0xabc } },
    error: 'EPERM',
    text: `bpf(BPF_RAW_TRACEPOINT_OPEN, {raw_tracepoint={name="sys_enter", prog_fd=4, cookie=0xabc}}, 24) = ${denied}`,
  },
  {
    needs: 'root',
    call: ['bpf', 18, block([u64(oneType), u64(0), u32(45), u32(0), u32(0), u32(0)]), 32],
    args: {
      cmd: 'BPF_BTF_LOAD',
      attr: { btf: (it: unknown) => String(it).endsWith('\0int\0'), btf_size: 45, btf_log_level: 0 },
    },
    out: { attr: { btf_log_true_size: 0 } },
    returned: isPositive,
    text: 'bpf(BPF_BTF_LOAD, {btf="…"..., btf_log_buf=NULL, btf_size=45, btf_log_size=0, btf_log_level=0, btf_log_true_size=0}, 32) = …',
  },
  {
    ...deny('bpf'),
    call: ['bpf', 19, block([u32(1), u32(0), u32(16), u32(3)]), 16],
    args: { cmd: 'BPF_BTF_GET_FD_BY_ID', attr: { btf_id: 1, open_flags: ['BPF_F_WRONLY'], fd_by_id_token_fd: 3 } },
    error: 'EPERM',
    text: `bpf(BPF_BTF_GET_FD_BY_ID, {btf_id=1, open_flags=BPF_F_WRONLY, fd_by_id_token_fd=3}, 16) = ${denied}`,
  },
  {
    ...deny('bpf'),
    call: ['bpf', 20, block([u32(1), u32(3), u32(0), u32(4), u64(string('abc')), u64(1), u64(2), u64(3)]), 48],
    args: { cmd: 'BPF_TASK_FD_QUERY', attr: { pid: 1, fd: 3, flags: 0, buf_len: 4 } },
    error: 'EPERM',
    text: `bpf(BPF_TASK_FD_QUERY, {task_fd_query={pid=1, fd=3, flags=0, buf_len=4, buf="abc", prog_id=1, fd_type=BPF_FD_TYPE_RAW_TRACEPOINT, probe_offset=0x2, probe_addr=0x3}}, 48) = ${denied}`,
  },
  {
    needs: 'root',
    before: [aMap],
    call: ['bpf', 22, block([u32(result(0))]), 4],
    args: { cmd: 'BPF_MAP_FREEZE', attr: { map_fd: isPositive } },
    returned: 0,
    text: 'bpf(BPF_MAP_FREEZE, {map_fd=…}, 4) = 0',
  },
  {
    ...deny('bpf'),
    call: ['bpf', 28, block([u32(3), u32(4), u32(42), u32(0), ...kprobes]), 64],
    args: {
      cmd: 'BPF_LINK_CREATE',
      attr: {
        prog_fd: 3,
        target_fd: 4,
        attach_type: 'BPF_TRACE_KPROBE_MULTI',
        kprobe_multi: {
          flags: ['BPF_F_KPROBE_MULTI_RETURN'],
          cnt: 2,
          syms: ['open', 'close'],
          addrs: null,
          cookies: [1, 2],
        },
      },
    },
    error: 'EPERM',
    text: `bpf(BPF_LINK_CREATE, {link_create={prog_fd=3, target_fd=4, attach_type=BPF_TRACE_KPROBE_MULTI, flags=0, kprobe_multi={flags=BPF_F_KPROBE_MULTI_RETURN, cnt=2, syms=["open", "close"], addrs=NULL, cookies=[0x1, 0x2]}}}, 64) = ${denied}`,
  },
  {
    ...deny('bpf'),
    call: [
      'bpf',
      28,
      block([
        u32(3),
        u32(0),
        u32(48),
        u32(0),
        u64(string('program')),
        u64(block([u64(0x1234)])),
        u64(0),
        u64(block([u64(7)])),
        u32(1),
        u32(2),
        u32(0),
        u32(5),
      ]),
      64,
    ],
    args: {
      attr: {
        attach_type: 'BPF_TRACE_UPROBE_MULTI',
        uprobe_multi: {
          path: 'program',
          offsets: [0x1234],
          ref_ctr_offsets: null,
          cookies: [7],
          cnt: 1,
          flags: ['BPF_F_UPROBE_MULTI_PATH_FD'],
          path_fd: 5,
        },
      },
    },
    error: 'EPERM',
    text: `bpf(BPF_LINK_CREATE, {link_create={prog_fd=3, target_fd=0, attach_type=BPF_TRACE_UPROBE_MULTI, flags=0, uprobe_multi={path="program", offsets=[0x1234], ref_ctr_offsets=NULL, cookies=[0x7], cnt=1, flags=BPF_F_UPROBE_MULTI_PATH_FD, pid=0, path_fd=5}}}, 64) = ${denied}`,
  },
  {
    ...deny('bpf'),
    call: ['bpf', 28, block([u32(3), u32(4), u32(28), u32(0), u64(block([u32(9)])), u64(1), zeros(32)]), 64],
    args: { attr: { attach_type: 'BPF_TRACE_ITER', iter_info: [{ map: { map_fd: 9 } }], iter_info_len: 1 } },
    error: 'EPERM',
    text: `bpf(BPF_LINK_CREATE, {link_create={prog_fd=3, target_fd=4, attach_type=BPF_TRACE_ITER, flags=0, iter_info=[{map={map_fd=9}}], iter_info_len=1}}, 64) = ${denied}`,
  },
  {
    ...deny('bpf'),
    call: ['bpf', 28, block([u32(3), u32(0), u32(47), u32(0x28), u64(11), u64(12)]), 32],
    args: {
      attr: {
        attach_type: 'BPF_TCX_EGRESS',
        flags: ['BPF_F_BEFORE', 'BPF_F_ID'],
        tcx: { relative_id: 11, expected_revision: 12 },
      },
    },
    error: 'EPERM',
    text: `bpf(BPF_LINK_CREATE, {link_create={prog_fd=3, target_ifindex=0, attach_type=BPF_TCX_EGRESS, flags=BPF_F_BEFORE|BPF_F_ID, tcx={relative_id=11, expected_revision=0xc}}}, 32) = ${denied}`,
  },
  {
    ...deny('bpf'),
    call: ['bpf', 28, block([u32(3), u32(4), u32(45), u32(0), u32(2), u32(1), u32(-5), u32(1)]), 32],
    args: {
      attr: {
        attach_type: 'BPF_NETFILTER',
        netfilter: { pf: 2, hooknum: 1, priority: -5, flags: ['BPF_F_NETFILTER_IP_DEFRAG'] },
      },
    },
    error: 'EPERM',
    text: `bpf(BPF_LINK_CREATE, {link_create={prog_fd=3, target_fd=4, attach_type=BPF_NETFILTER, flags=0, netfilter={pf=2, hooknum=1, priority=-5, flags=BPF_F_NETFILTER_IP_DEFRAG}}}, 32) = ${denied}`,
  },
  {
    ...deny('bpf'),
    call: ['bpf', 29, block([u32(3), u32(4), u32(4), u32(5)]), 16],
    args: { cmd: 'BPF_LINK_UPDATE', attr: { link_fd: 3, new_prog_fd: 4, flags: ['BPF_F_REPLACE'], old_prog_fd: 5 } },
    error: 'EPERM',
    text: `bpf(BPF_LINK_UPDATE, {link_update={link_fd=3, new_prog_fd=4, flags=BPF_F_REPLACE, old_prog_fd=5}}, 16) = ${denied}`,
  },
  {
    ...deny('bpf'),
    call: ['bpf', 32, block([u32(0), u32(7)]), 8],
    args: { cmd: 'BPF_ENABLE_STATS', attr: { type: 'BPF_STATS_RUN_TIME' } },
    error: 'EPERM',
    text: `bpf(BPF_ENABLE_STATS, {enable_stats={type=BPF_STATS_RUN_TIME}, ...}, 8) = ${denied}`,
  },
  {
    ...deny('bpf'),
    call: ['bpf', 33, block([u32(3), u32(1)]), 8],
    args: { cmd: 'BPF_ITER_CREATE', attr: { link_fd: 3, flags: 1 } },
    error: 'EPERM',
    text: `bpf(BPF_ITER_CREATE, {iter_create={link_fd=3, flags=0x1}}, 8) = ${denied}`,
  },
  {
    ...deny('bpf'),
    call: ['bpf', 37, block([u64(16), u32(8), u32(1), u32(3)]), 20],
    args: { cmd: 'BPF_PROG_STREAM_READ_BY_FD', attr: { stream_buf_len: 8, stream_id: 1, prog_fd: 3 } },
    error: 'EPERM',
    text: `bpf(BPF_PROG_STREAM_READ_BY_FD, {prog_stream_read={stream_buf=0x10, stream_buf_len=8, stream_id=1, prog_fd=3}}, 20) = ${denied}`,
  },
  {
    ...deny('bpf'),
    call: ['bpf', 99, 16, 4],
    args: { cmd: '0x63', attr: 16n, size: 4 },
    error: 'EPERM',
    text: `bpf(0x63 /* BPF_??? */, 0x10, 4) = ${denied}`,
  },
)
