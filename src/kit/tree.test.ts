import test from 'ava'
import type { AnyCall, AnyEvent } from './recorded.ts'
import { Tree, type View } from './tree.ts'

let now = 0n

interface About extends Partial<Omit<AnyCall, 'type'>> {
  readonly names?: readonly string[]
}

/** A call that succeeded; each comes after the one before, unless it says when it began and ended. */
function call(name: string, args: object, returned = 0, about: About = {}): AnyEvent {
  now += 10n
  const common = {
    type: 'syscall',
    name,
    abi: 'x86_64',
    pid: 1,
    tid: about.pid ?? 1,
    startNs: now,
    endNs: now + 5n,
    ok: true,
  }
  // As in a real run, as far as the tree looks.
  return { ...common, systemNs: 0, args, out: {}, returned, raw: { args: [] }, ...about } as unknown as AnyEvent
}

/** A call that finds nothing behind its descriptor. */
const fails = (event: AnyEvent): AnyEvent => Object.assign(event, { ok: false, error: 'EBADF' })

function moment(type: string, pid: number, about: object): AnyEvent {
  return { type, pid, tid: pid, timeNs: now, ...about } as unknown as AnyEvent
}

const bits = (...names: readonly string[]): object => ({ flags: { names } })
const open = (pathname: string, fd: number, about: About = {}): AnyEvent =>
  call('openat', { dirfd: 'AT_FDCWD', pathname, ...bits(...(about.names ?? [])) }, fd, about)
const write = (fd: number, about: About = {}): AnyEvent => call('write', { fd }, 1, about)
const fork = (pid: number, child: number): AnyEvent =>
  moment('fork', pid, { child: { pid: child, tid: child }, thread: false })
const thread = (pid: number, tid: number): AnyEvent => moment('fork', pid, { child: { pid, tid }, thread: true })

/** The paths of the files that the calls with an argument `fd` were about. */
function pathsOf(events: readonly AnyEvent[]): readonly (string | undefined)[] {
  return walk(events, (view, event) => {
    if (event.type !== 'syscall' || event.name !== 'write') return []
    return [view.descriptor('fd')?.open.path]
  })
}

function walk<T>(events: readonly AnyEvent[], look: (view: View, event: AnyEvent) => readonly T[]): readonly T[] {
  const tree = new Tree({ events, pid: 1, cwd: '/home' })
  return events.flatMap((event) => {
    const view = tree.at(event)
    const before = look(view, event)
    tree.apply(event)
    return before
  })
}

test('a descriptor that another thread was given before the end of its close was seen', (t) => {
  const events = [
    open('/old', 3, { startNs: 1n, endNs: 2n }),
    thread(1, 2),
    open('/new', 3, { tid: 2, startNs: 12n, endNs: 20n }),
    call('close', { fd: 3 }, 0, { startNs: 10n, endNs: 25n }),
    write(3, { startNs: 30n, endNs: 31n }),
    call('close', { fd: 3 }, 0, { startNs: 40n, endNs: 41n }),
    open('/newer', 3, { startNs: 50n, endNs: 51n }),
    write(3, { startNs: 60n, endNs: 61n }),
  ]
  t.deepEqual(pathsOf(events), ['/new', '/newer'])
})

test('a long call is about what its descriptor was when it began', (t) => {
  const events = [
    open('/old', 3, { startNs: 1n, endNs: 2n }),
    thread(1, 2),
    call('close', { fd: 3 }, 0, { tid: 2, startNs: 20n, endNs: 21n }),
    open('/new', 3, { tid: 2, startNs: 22n, endNs: 23n }),
    write(3, { startNs: 10n, endNs: 30n }),
    write(3, { startNs: 40n, endNs: 41n }),
  ]
  t.deepEqual(pathsOf(events), ['/old', '/new'])
})

test('a closed descriptor leads nowhere, and one from before the run is the same for all that inherited it', (t) => {
  const opens = walk(
    [write(7), fork(1, 2), write(7, { pid: 2 }), call('close', { fd: 7 }), fails(write(7)), write(7, { pid: 2 })],
    (view, event) => (event.type === 'syscall' && event.name === 'write' ? [view.descriptor('fd')?.open] : []),
  )
  t.is(opens[0]?.origin, 'inherited')
  t.is(opens[1], opens[0])
  t.is(opens[2], undefined)
  t.is(opens[3], opens[0])
})

test('fork copies, CLONE_FILES and CLONE_FS share, unshare parts', (t) => {
  const closing = (pid: number): AnyEvent => call('close', { fd: 3 }, 0, { pid })
  t.deepEqual(pathsOf([open('/f', 3), fork(1, 2), closing(2), write(3)]), ['/f'])
  const shared = call('clone', bits('CLONE_FILES', 'CLONE_FS'), 2)
  t.deepEqual(pathsOf([open('/f', 3), fork(1, 2), shared, closing(2), write(3)]), [undefined])
  const parted = call('unshare', bits('CLONE_FILES'), 0, { pid: 2 })
  t.deepEqual(pathsOf([open('/f', 3), fork(1, 2), shared, parted, closing(2), write(3)]), ['/f'])
  const moved = call('chdir', { path: '/tmp' }, 0, { pid: 2 })
  t.deepEqual(pathsOf([fork(1, 2), shared, moved, open('f', 3), write(3)]), ['/tmp/f'])
  t.deepEqual(pathsOf([fork(1, 2), call('vfork', {}, 2), moved, open('f', 3), write(3)]), ['/home/f'])
  const three = call('clone3', { cl_args: { flags: { names: ['CLONE_FILES'] } } }, 2)
  t.deepEqual(pathsOf([open('/f', 3), fork(1, 2), three, closing(2), write(3)]), [undefined])
})

test('exec keeps what is not to be closed, also from a thread', (t) => {
  const kept = [open('/kept', 3), open('/gone', 4, { names: ['O_CLOEXEC'] })]
  const exec = moment('exec', 1, { program: '/bin/x', formerTid: 1 })
  t.deepEqual(pathsOf([...kept, exec, write(3), write(4)]), ['/kept', undefined])
  const fromThread = moment('exec', 1, { program: '/bin/x', formerTid: 2 })
  t.deepEqual(pathsOf([...kept, thread(1, 2), fromThread, write(3), write(4)]), ['/kept', undefined])
  const set = call('fcntl', { fd: 3, op: 'F_SETFD', arg: { names: ['FD_CLOEXEC'] } })
  t.deepEqual(pathsOf([...kept, set, exec, write(3)]), [undefined])
  const ranged = call('close_range', { first: 3, last: 4_294_967_295, ...bits('CLOSE_RANGE_CLOEXEC') })
  t.deepEqual(pathsOf([...kept, ranged, write(3), exec, write(3)]), ['/kept', undefined])
  const dup = call('dup3', { oldfd: 4, newfd: 9, ...bits() }, 9)
  t.deepEqual(pathsOf([...kept, dup, exec, write(9)]), ['/gone'])
})

test('who did it, with the arguments of a program that became known afterwards', (t) => {
  const exec = moment('exec', 2, { program: '/bin/x', formerTid: 2 })
  const events = [
    fork(1, 2),
    exec,
    call('execve', { pathname: 'x', argv: ['x', 'y'] }, 0, { pid: 2 }),
    write(3, { pid: 2 }),
  ]
  const who = walk(events, ({ who }) => [who]).at(-1)
  t.deepEqual(who, { pid: 2, parentPid: 1, program: '/bin/x', argv: ['x', 'y'] })
})

test('descriptors in messages are those that were sent, whichever end is seen first', (t) => {
  const message = (fds: readonly number[]): Readonly<Record<string, unknown>> => ({ msg: { msg_control: [{ fds }] } })
  const pair = call('socketpair', { domain: 'AF_UNIX', type: { names: ['SOCK_STREAM'] } }, 0, { out: { sv: [5, 6] } })
  const sent = call('sendmsg', { sockfd: 5, ...message([3]) }, 1, { startNs: 1000n, endNs: 1010n })
  const got = call('recvmsg', { sockfd: 6 }, 1, { pid: 2, out: message([8]), startNs: 990n, endNs: 1005n })
  const start = [open('/f', 3), pair, fork(1, 2)]
  const after = write(8, { pid: 2, startNs: 2000n, endNs: 2001n })
  t.deepEqual(pathsOf([...start, sent, got, after]), ['/f'])
  t.deepEqual(pathsOf([...start, got, sent, after]), ['/f'])
  const toSelf = call('sendmsg', { sockfd: 6, ...message([3]) }, 1, { startNs: 1000n, endNs: 1010n })
  t.deepEqual(pathsOf([...start, toSelf, got, after]), [undefined])
})

test('a close that failed has closed, but for EBADF; what a rule made up has not', (t) => {
  const failed = (error: string): AnyEvent => call('close', { fd: 3 }, 0, { ok: false, error })
  t.deepEqual(pathsOf([open('/f', 3), failed('EIO'), write(3)]), [undefined])
  t.deepEqual(pathsOf([open('/f', 3), failed('EBADF'), write(3)]), ['/f'])
  const injected = { injected: { rule: 0, did: ['result'] } } as About
  t.deepEqual(pathsOf([open('/f', 3), call('close', { fd: 3 }, 0, injected), write(3)]), ['/f'])
})

test('paths below another root are told from outside', (t) => {
  const events = [
    call('chroot', { path: '/jail' }),
    call('chdir', { path: '/etc' }),
    open('/a/../../b', 3),
    write(3),
    open('c', 4),
    write(4),
  ]
  t.deepEqual(pathsOf(events), ['/jail/b', '/jail/etc/c'])
  t.deepEqual(pathsOf([call('pivot_root', { new_root: '.', put_old: 'x' }), open('/b', 3), write(3)]), [undefined])
})

test('what a call succeeded with is there, whoever brought it', (t) => {
  const [first, second] = walk([open('/f', 3), call('close', { fd: 3 }), write(3), write(3)], (view, event) =>
    event.type === 'syscall' && event.name === 'write' ? [view.descriptor('fd')?.open] : [],
  )
  t.deepEqual([first?.origin, first?.kind], ['received', 'unknown'])
  t.is(second, first)
})

test('a pidfd gives what another process has open', (t) => {
  const events = [
    open('/f', 3),
    fork(1, 2),
    call('pidfd_open', { pid: 1, ...bits() }, 9, { pid: 2 }),
    call('pidfd_getfd', { pidfd: 9, targetfd: 3, flags: 0 }, 10, { pid: 2 }),
    write(10, { pid: 2 }),
  ]
  t.deepEqual(pathsOf(events), ['/f'])
})
