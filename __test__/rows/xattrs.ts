/** Extended attributes. Those of users work in most file systems and need no rights. */

import { AT_XATTR, O, O_ACCESS, XATTR } from '../../src/table/constants/file.ts'
import { family } from './check.ts'
import { block, result, room, string, u32, u64, type Call, type Word } from './script.ts'

const { O_RDWR } = O_ACCESS.values
const { O_CREAT } = O.values
const { XATTR_CREATE, XATTR_REPLACE } = XATTR.values
const { AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH } = AT_XATTR.values
const AT_FDCWD = -100

/** A file: descriptor 3. */
const file: readonly Call[] = [['open', string('file'), O_RDWR | O_CREAT, 0o600]]
/** And an attribute of it. */
const attribute: readonly Call[] = [
  ...file,
  ['fsetxattr', result(0), string('user.one'), string('first'), 5, XATTR_CREATE],
]
/** And another. */
const attributes: readonly Call[] = [
  ...attribute,
  ['fsetxattr', result(0), string('user.two'), string('second'), 6, XATTR_CREATE],
]
const link: readonly Call[] = [['symlink', string('file'), string('link')]]
/** struct xattr_args */
const attributeArguments = (value: Word, size: number, flags: number, ...more: readonly number[]): Word =>
  block([u64(value), u32(size), u32(flags), ...more.map(u64)])

/** Other attributes may be there too: a security module's. */
const hasNames =
  (...names: readonly string[]) =>
  (value: unknown): boolean =>
    typeof value === 'string' && names.every((name) => value.split('\0').includes(name))
const isPositive = (value: unknown): boolean => Number(value) > 0

export const xattrs = family(
  {},
  {
    // A NUL at the end is left out of text.
    before: file,
    call: ['setxattr', string('file'), string('user.one'), string('first'), 6, XATTR_CREATE],
    args: { pathname: 'file', name: 'user.one', value: 'first\0', size: 6, flags: ['XATTR_CREATE'] },
    returned: 0,
    text: 'setxattr("file", "user.one", "first", 6, XATTR_CREATE) = 0',
  },
  {
    before: file,
    call: ['setxattr', string('file'), string('user.one'), string('a\0b'), 3, XATTR_REPLACE],
    args: { pathname: 'file', name: 'user.one', value: 'a\0b', size: 3, flags: ['XATTR_REPLACE'] },
    error: 'ENODATA',
    text: String.raw`setxattr("file", "user.one", "a\0b", 3, XATTR_REPLACE) = -1 ENODATA (No data available)`,
  },
  {
    before: file,
    call: ['lsetxattr', string('file'), string('user.one'), string('v'.repeat(40)), 40, 0],
    args: { pathname: 'file', name: 'user.one', value: 'v'.repeat(40), size: 40, flags: [] },
    returned: 0,
    text: `lsetxattr("file", "user.one", "${'v'.repeat(32)}"..., 40, 0) = 0`,
  },
  {
    before: link,
    call: ['lsetxattr', string('link'), string('user.one'), 0, 0, XATTR_CREATE | XATTR_REPLACE],
    args: {
      pathname: 'link',
      name: 'user.one',
      value: null,
      size: 0,
      flags: ['XATTR_CREATE', 'XATTR_REPLACE'],
    },
    error: 'EPERM',
    text: 'lsetxattr("link", "user.one", NULL, 0, XATTR_CREATE|XATTR_REPLACE) = -1 EPERM (Operation not permitted)',
  },
  {
    before: file,
    call: ['fsetxattr', result(0), string('user.one'), string(''), 0, 0],
    args: { fd: 3, name: 'user.one', value: '', size: 0, flags: [] },
    returned: 0,
    text: 'fsetxattr(3, "user.one", "", 0, 0) = 0',
  },
  {
    before: attribute,
    call: ['fsetxattr', result(0), string('user.one'), string('x'), 1, XATTR_CREATE],
    args: { fd: 3, name: 'user.one', value: 'x', size: 1, flags: ['XATTR_CREATE'] },
    error: 'EEXIST',
    text: 'fsetxattr(3, "user.one", "x", 1, XATTR_CREATE) = -1 EEXIST (File exists)',
  },
  {
    before: file,
    call: ['fsetxattr', result(0), 1, 1, 0x1_0001, 4],
    args: { fd: 3, name: 'EFAULT', value: 'EFAULT', size: 0x1_0001, flags: ['0x4'] },
    error: 'EINVAL',
    text: 'fsetxattr(3, 0x1, 0x1, 65537, 0x4 /* XATTR_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    before: attribute,
    call: ['getxattr', string('file'), string('user.one'), room(64), 64],
    args: { pathname: 'file', name: 'user.one', size: 64 },
    out: { value: 'first' },
    returned: 5,
    text: 'getxattr("file", "user.one", "first", 64) = 5',
  },
  {
    // How large it is.
    before: attribute,
    call: ['getxattr', string('file'), string('user.one'), 0, 0],
    args: { size: 0 },
    returned: 5,
    text: 'getxattr("file", "user.one", NULL, 0) = 5',
  },
  {
    before: attribute,
    call: ['getxattr', string('file'), string('user.one'), room(2), 2],
    args: { pathname: 'file', name: 'user.one', size: 2 },
    error: 'ERANGE',
    text: 'getxattr("file", "user.one", 0x…, 2) = -1 ERANGE (Numerical result out of range)',
  },
  {
    before: attribute,
    call: ['lgetxattr', string('file'), string('user.one'), room(64), 64],
    args: { pathname: 'file', name: 'user.one', size: 64 },
    out: { value: 'first' },
    returned: 5,
    text: 'lgetxattr("file", "user.one", "first", 64) = 5',
  },
  {
    before: link,
    call: ['lgetxattr', string('link'), string('user.one'), room(64), 64],
    args: { pathname: 'link', name: 'user.one', size: 64 },
    error: 'ENODATA',
    text: 'lgetxattr("link", "user.one", 0x…, 64) = -1 ENODATA (No data available)',
  },
  {
    before: [...file, ['fsetxattr', result(0), string('user.one'), string('first'), 6, 0]],
    call: ['fgetxattr', result(0), string('user.one'), room(64), 64],
    args: { fd: 3, name: 'user.one', size: 64 },
    out: { value: 'first\0' },
    returned: 6,
    text: 'fgetxattr(3, "user.one", "first", 64) = 6',
  },
  {
    call: ['fgetxattr', -1, string('user.one'), room(64), 64],
    args: { fd: -1, name: 'user.one', size: 64 },
    error: 'EBADF',
    text: 'fgetxattr(-1, "user.one", 0x…, 64) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: attributes,
    call: ['listxattr', string('file'), room(512), 512],
    args: { pathname: 'file', size: 512 },
    out: { list: hasNames('user.one', 'user.two') },
    returned: isPositive,
    text: String.raw`listxattr("file", "…user.…\0…"…, 512) = …`,
  },
  {
    before: attribute,
    call: ['listxattr', string('file'), 0, 0],
    args: { size: 0 },
    returned: isPositive,
    text: 'listxattr("file", NULL, 0) = …',
  },
  {
    call: ['listxattr', string('absent'), room(64), 64],
    args: { pathname: 'absent', size: 64 },
    error: 'ENOENT',
    text: 'listxattr("absent", 0x…, 64) = -1 ENOENT (No such file or directory)',
  },
  {
    before: attribute,
    call: ['llistxattr', string('file'), room(512), 512],
    args: { pathname: 'file', size: 512 },
    out: { list: hasNames('user.one') },
    returned: isPositive,
    text: 'llistxattr("file", "…user.one…"…, 512) = …',
  },
  {
    before: link,
    call: ['llistxattr', string('link/x'), room(64), 64],
    args: { pathname: 'link/x', size: 64 },
    error: 'ENOENT',
    text: 'llistxattr("link/x", 0x…, 64) = -1 ENOENT (No such file or directory)',
  },
  {
    before: attribute,
    call: ['flistxattr', result(0), room(512), 512],
    args: { fd: 3, size: 512 },
    out: { list: hasNames('user.one') },
    returned: isPositive,
    text: 'flistxattr(3, "…user.one…"…, 512) = …',
  },
  {
    before: attribute,
    call: ['flistxattr', result(0), room(3), 3],
    args: { fd: 3, size: 3 },
    error: 'ERANGE',
    text: 'flistxattr(3, 0x…, 3) = -1 ERANGE (Numerical result out of range)',
  },
  {
    before: attribute,
    call: ['removexattr', string('file'), string('user.one')],
    args: { pathname: 'file', name: 'user.one' },
    returned: 0,
    text: 'removexattr("file", "user.one") = 0',
  },
  {
    before: file,
    call: ['removexattr', string('file'), string('user.one')],
    args: { pathname: 'file', name: 'user.one' },
    error: 'ENODATA',
    text: 'removexattr("file", "user.one") = -1 ENODATA (No data available)',
  },
  {
    before: attribute,
    call: ['lremovexattr', string('file'), string('user.one')],
    args: { pathname: 'file', name: 'user.one' },
    returned: 0,
    text: 'lremovexattr("file", "user.one") = 0',
  },
  {
    before: link,
    call: ['lremovexattr', string('link'), string('user.one')],
    args: { pathname: 'link', name: 'user.one' },
    error: 'EPERM',
    text: 'lremovexattr("link", "user.one") = -1 EPERM (Operation not permitted)',
  },
  {
    before: attribute,
    call: ['fremovexattr', result(0), string('user.one')],
    args: { fd: 3, name: 'user.one' },
    returned: 0,
    text: 'fremovexattr(3, "user.one") = 0',
  },
  {
    call: ['fremovexattr', -1, string('a name that is longer than what strace shows of it')],
    args: { fd: -1, name: 'a name that is longer than what strace shows of it' },
    error: 'EBADF',
    text: 'fremovexattr(-1, "a name that is longer than what "...) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: file,
    call: [
      'setxattrat',
      result(0),
      string(''),
      AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW,
      string('user.one'),
      attributeArguments(string('first'), 6, XATTR_CREATE, 0),
      24,
    ],
    args: {
      dirfd: 3,
      pathname: '',
      flags: ['AT_SYMLINK_NOFOLLOW', 'AT_EMPTY_PATH'],
      name: 'user.one',
      args: { value: 'first\0', size: 6, flags: ['XATTR_CREATE'] },
      size: 24,
    },
    returned: 0,
    text: 'setxattrat(3, "", AT_SYMLINK_NOFOLLOW|AT_EMPTY_PATH, "user.one", {value="first", size=6, flags=XATTR_CREATE}, 24) = 0',
  },
  {
    before: file,
    call: [
      'setxattrat',
      AT_FDCWD,
      string('file'),
      0,
      string('user.one'),
      attributeArguments(string('ab'), 2, XATTR_REPLACE, 0x2a),
      24,
    ],
    args: {
      dirfd: 'AT_FDCWD',
      pathname: 'file',
      flags: [],
      name: 'user.one',
      args: { value: 'ab', size: 2, flags: ['XATTR_REPLACE'] },
      size: 24,
    },
    error: 'E2BIG',
    text: String.raw`setxattrat(AT_FDCWD, "file", 0, "user.one", {value="ab", size=2, flags=XATTR_REPLACE, /* bytes 16..23 */ "\x2a\x00\x00\x00\x00\x00\x00\x00"}, 24) = -1 E2BIG (Argument list too long)`,
  },
  {
    before: file,
    since: '6.13',
    call: ['setxattrat', AT_FDCWD, string('file'), 0, string('user.one'), attributeArguments(1, 2, 8), 15],
    args: { args: 'EFAULT', size: 15 },
    error: 'EINVAL',
    text: 'setxattrat(AT_FDCWD, "file", 0, "user.one", 0x…, 15) = -1 EINVAL (Invalid argument)',
  },
  {
    before: file,
    since: '6.13',
    call: ['setxattrat', AT_FDCWD, string('file'), 0, string('user.one'), attributeArguments(1, 2, 0), 16],
    args: { args: { value: 'EFAULT', size: 2, flags: [] }, size: 16 },
    error: 'EFAULT',
    text: 'setxattrat(AT_FDCWD, "file", 0, "user.one", {value=0x1, size=2, flags=0}, 16) = -1 EFAULT (Bad address)',
  },
  {
    before: attribute,
    since: '6.13',
    call: ['getxattrat', AT_FDCWD, string('file'), 0, string('user.one'), attributeArguments(room(64), 64, 0), 16],
    args: {
      dirfd: 'AT_FDCWD',
      pathname: 'file',
      flags: [],
      name: 'user.one',
      args: { value: isPositive, size: 64, flags: [] },
      size: 16,
    },
    out: { args: { value: 'first', size: 64, flags: [] } },
    returned: 5,
    text: 'getxattrat(AT_FDCWD, "file", 0, "user.one", {value="first", size=64, flags=0}, 16) = 5',
  },
  {
    before: attribute,
    since: '6.13',
    call: ['getxattrat', result(0), string(''), AT_EMPTY_PATH, string('user.one'), attributeArguments(1, 0, 0), 16],
    args: { args: { value: 1n, size: 0, flags: [] } },
    out: { args: { value: '' } },
    returned: 5,
    text: 'getxattrat(3, "", AT_EMPTY_PATH, "user.one", {value=0x1, size=0, flags=0}, 16) = 5',
  },
  {
    before: attribute,
    since: '6.13',
    call: ['getxattrat', AT_FDCWD, string('file'), 0, string('user.one'), attributeArguments(room(2), 2, 0), 16],
    args: { args: { value: isPositive, size: 2, flags: [] }, size: 16 },
    error: 'ERANGE',
    text: 'getxattrat(AT_FDCWD, "file", 0, "user.one", {value=0x…, size=2, flags=0}, 16) = -1 ERANGE (Numerical result out of range)',
  },
  {
    before: attribute,
    since: '6.13',
    call: ['getxattrat', AT_FDCWD, string('file'), 0, string('user.one'), 1, 16],
    args: { args: 'EFAULT' },
    error: 'EFAULT',
    text: 'getxattrat(AT_FDCWD, "file", 0, "user.one", 0x1, 16) = -1 EFAULT (Bad address)',
  },
  {
    before: attribute,
    since: '6.13',
    call: ['listxattrat', AT_FDCWD, string('file'), AT_SYMLINK_NOFOLLOW, room(512), 512],
    args: { dirfd: 'AT_FDCWD', pathname: 'file', flags: ['AT_SYMLINK_NOFOLLOW'], size: 512 },
    out: { list: hasNames('user.one') },
    returned: isPositive,
    text: 'listxattrat(AT_FDCWD, "file", AT_SYMLINK_NOFOLLOW, "…user.one…"…, 512) = …',
  },
  {
    before: file,
    since: '6.13',
    call: ['listxattrat', AT_FDCWD, string('file'), 1, room(64), 64],
    args: { dirfd: 'AT_FDCWD', pathname: 'file', flags: ['0x1'], size: 64 },
    error: 'EINVAL',
    text: 'listxattrat(AT_FDCWD, "file", 0x1 /* AT_??? */, 0x…, 64) = -1 EINVAL (Invalid argument)',
  },
  {
    before: attribute,
    since: '6.13',
    call: ['removexattrat', result(0), string(''), AT_EMPTY_PATH, string('user.one')],
    args: { dirfd: 3, pathname: '', flags: ['AT_EMPTY_PATH'], name: 'user.one' },
    returned: 0,
    text: 'removexattrat(3, "", AT_EMPTY_PATH, "user.one") = 0',
  },
  {
    before: file,
    since: '6.13',
    call: ['removexattrat', AT_FDCWD, string('file'), 0, string('user.one')],
    args: { dirfd: 'AT_FDCWD', pathname: 'file', flags: [], name: 'user.one' },
    error: 'ENODATA',
    text: 'removexattrat(AT_FDCWD, "file", 0, "user.one") = -1 ENODATA (No data available)',
  },
)
