/** Being told of changes to files. */

import { FAN, FAN_CLASS, FAN_EVENT, FAN_MARK, IN, IN_INIT, O } from '../../src/table/constants/file.ts'
import { RLIMIT } from '../../src/table/constants/process.ts'
import { family } from './check.ts'
import { block, result, string, u64, type Call } from './script.ts'

const { IN_MODIFY, IN_CREATE, IN_ONLYDIR, IN_ONESHOT } = IN.values
const { IN_NONBLOCK, IN_CLOEXEC } = IN_INIT.values
const { FAN_CLASS_NOTIF, FAN_CLASS_CONTENT, FAN_CLASS_PRE_CONTENT } = FAN_CLASS.values
const { FAN_CLOEXEC, FAN_NONBLOCK, FAN_REPORT_FID } = FAN.values
const { FAN_MARK_ADD, FAN_MARK_REMOVE, FAN_MARK_FLUSH, FAN_MARK_ONLYDIR, FAN_MARK_MOUNT } = FAN_MARK.values
const { FAN_OPEN, FAN_CREATE, FAN_ONDIR, FAN_EVENT_ON_CHILD } = FAN_EVENT.values
const { O_LARGEFILE } = O.values
const AT_FDCWD = -100

const watched: readonly Call[] = [
  ['inotify_init1', 0],
  ['inotify_add_watch', result(0), string('.'), IN_CREATE],
]
/** Without a right that it needs root for. */
const group: readonly Call[] = [['fanotify_init', FAN_CLASS_NOTIF | FAN_REPORT_FID, 0]]

export const watches = family(
  {},
  {
    call: ['inotify_init'],
    returned: 3,
    text: 'inotify_init() = 3',
  },
  {
    before: [['setrlimit', RLIMIT.values.RLIMIT_NOFILE, block([u64(3), u64(3)])]],
    call: ['inotify_init'],
    error: 'EMFILE',
    text: 'inotify_init() = -1 EMFILE (Too many open files)',
  },
  {
    call: ['inotify_init1', IN_NONBLOCK | IN_CLOEXEC],
    args: { flags: ['IN_NONBLOCK', 'IN_CLOEXEC'] },
    returned: 3,
    text: 'inotify_init1(IN_NONBLOCK|IN_CLOEXEC) = 3',
  },
  {
    call: ['inotify_init1', IN_CLOEXEC | 1],
    args: { flags: ['IN_CLOEXEC', '0x1'] },
    error: 'EINVAL',
    text: 'inotify_init1(IN_CLOEXEC|0x1) = -1 EINVAL (Invalid argument)',
  },
  {
    before: watched,
    call: ['inotify_add_watch', result(0), string('..'), IN_MODIFY | IN_CREATE | IN_ONLYDIR | IN_ONESHOT],
    args: { fd: 3, pathname: '..', mask: ['IN_MODIFY', 'IN_CREATE', 'IN_ONLYDIR', 'IN_ONESHOT'] },
    returned: 2,
    text: 'inotify_add_watch(3, "..", IN_MODIFY|IN_CREATE|IN_ONLYDIR|IN_ONESHOT) = 2',
  },
  {
    before: watched,
    call: ['inotify_add_watch', result(0), string('absent'), 0x1000],
    args: { fd: 3, pathname: 'absent', mask: ['0x1000'] },
    error: 'EINVAL',
    text: 'inotify_add_watch(3, "absent", 0x1000 /* IN_??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    before: watched,
    call: ['inotify_rm_watch', result(0), result(1)],
    args: { fd: 3, wd: 1 },
    returned: 0,
    text: 'inotify_rm_watch(3, 1) = 0',
  },
  {
    before: watched,
    call: ['inotify_rm_watch', result(0), -2],
    args: { fd: 3, wd: -2 },
    error: 'EINVAL',
    text: 'inotify_rm_watch(3, -2) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['fanotify_init', FAN_CLASS_NOTIF | FAN_REPORT_FID | FAN_CLOEXEC | FAN_NONBLOCK, O_LARGEFILE],
    args: {
      flags: ['FAN_CLASS_NOTIF', 'FAN_CLOEXEC', 'FAN_NONBLOCK', 'FAN_REPORT_FID'],
      event_f_flags: ['O_RDONLY', 'O_LARGEFILE'],
    },
    returned: 3,
    text: 'fanotify_init(FAN_CLASS_NOTIF|FAN_CLOEXEC|FAN_NONBLOCK|FAN_REPORT_FID, O_RDONLY|O_LARGEFILE) = 3',
  },
  {
    needs: 'root',
    call: ['fanotify_init', FAN_CLASS_CONTENT, O_LARGEFILE],
    args: { flags: ['FAN_CLASS_CONTENT'] },
    returned: 3,
    text: 'fanotify_init(FAN_CLASS_CONTENT, O_RDONLY|O_LARGEFILE) = 3',
  },
  {
    needs: 'root',
    call: ['fanotify_init', FAN_CLASS_CONTENT | FAN_CLASS_PRE_CONTENT | 0x8000_0000, 0],
    args: { flags: ['0x8000000c'], event_f_flags: ['O_RDONLY'] },
    error: 'EINVAL',
    text: 'fanotify_init(0xc /* FAN_CLASS_??? */|0x80000000 /* FAN_??? */, O_RDONLY) = -1 EINVAL (Invalid argument)',
  },
  {
    before: group,
    call: [
      'fanotify_mark',
      result(0),
      FAN_MARK_ADD | FAN_MARK_ONLYDIR,
      FAN_OPEN | FAN_CREATE | FAN_ONDIR | FAN_EVENT_ON_CHILD,
      AT_FDCWD,
      string('.'),
    ],
    args: {
      fanotify_fd: 3,
      flags: ['FAN_MARK_ADD', 'FAN_MARK_ONLYDIR'],
      mask: ['FAN_OPEN', 'FAN_CREATE', 'FAN_EVENT_ON_CHILD', 'FAN_ONDIR'],
      dirfd: 'AT_FDCWD',
      pathname: '.',
    },
    returned: 0,
    text: 'fanotify_mark(3, FAN_MARK_ADD|FAN_MARK_ONLYDIR, FAN_OPEN|FAN_CREATE|FAN_EVENT_ON_CHILD|FAN_ONDIR, AT_FDCWD, ".") = 0',
  },
  {
    before: [...group, ['open', string('.'), 0]],
    call: ['fanotify_mark', result(0), FAN_MARK_FLUSH, 0, result(1), 0],
    args: { flags: ['FAN_MARK_FLUSH'], mask: [], dirfd: 4, pathname: null },
    returned: 0,
    text: 'fanotify_mark(3, FAN_MARK_FLUSH, 0, 4, NULL) = 0',
  },
  {
    before: group,
    call: ['fanotify_mark', result(0), FAN_MARK_REMOVE | FAN_MARK_MOUNT, 0x8000_0000_0000_0020n, -1, 1],
    args: {
      fanotify_fd: 3,
      flags: ['FAN_MARK_REMOVE', 'FAN_MARK_MOUNT'],
      mask: ['FAN_OPEN', '0x8000000000000000'],
      dirfd: -1,
      pathname: 'EFAULT',
    },
    error: 'EINVAL',
    text: 'fanotify_mark(3, FAN_MARK_REMOVE|FAN_MARK_MOUNT, FAN_OPEN|0x8000000000000000, FAN_NOFD, 0x1) = -1 EINVAL (Invalid argument)',
  },
)
