import test from 'ava'
import { Places } from './places.ts'
import type { AnyCall, AnyEvent } from './run.ts'

const parent = 10
const child = 20

test('paths are taken from where the first process began, and tidied as path.resolve() does', (t) => {
  const places = new Places([], '/srv')
  t.is(places.resolve(parent, 'a'), '/srv/a')
  t.is(places.resolve(parent, '../b/./c'), '/b/c')
  t.is(places.resolve(parent, '/x//y/../z'), '/x/z')
})

test('what the first process asks for is where it began', (t) => {
  const asked = call('getcwd', {}, { out: { buf: '/asked' } })
  t.is(new Places([asked], '/srv').resolve(parent, 'a'), '/asked/a')
  const late = [call('chdir', { path: 'sub' }), asked]
  t.is(new Places(late, '/srv').resolve(parent, 'a'), '/srv/a')
})

test('chdir and fchdir are followed, failed ones are not', (t) => {
  const places = new Places([], '/srv')
  places.follow(call('chdir', { path: 'app' }))
  t.is(places.resolve(parent, 'a'), '/srv/app/a')
  places.follow(call('chdir', { path: '/nowhere' }, { ok: false }))
  t.is(places.resolve(parent, 'a'), '/srv/app/a')
  places.follow(call('openat', { dirfd: 'AT_FDCWD', pathname: '..' }, { returned: 4 }))
  places.follow(call('fchdir', { fd: 4 }))
  t.is(places.resolve(parent, 'a'), '/srv/a')
})

test('after an fchdir to a descriptor from outside the directory is not known, until somebody asks for it', (t) => {
  const places = new Places([], '/srv')
  places.follow(call('fchdir', { fd: 9 }))
  t.is(places.resolve(parent, 'a'), undefined)
  t.is(places.resolve(parent, '/a'), '/a')
  places.follow(call('getcwd', {}, { out: { buf: '/found' } }))
  t.is(places.resolve(parent, 'a'), '/found/a')
})

test('descriptors of directories are followed through copies, until they are closed', (t) => {
  const places = new Places([], '/srv')
  places.follow(call('openat', { dirfd: 'AT_FDCWD', pathname: 'd' }, { returned: 3 }))
  places.follow(call('dup2', { oldfd: 3, newfd: 7 }, { returned: 7 }))
  places.follow(call('fcntl', { fd: 7, op: 'F_DUPFD_CLOEXEC' }, { returned: 8 }))
  places.follow(call('openat', { dirfd: 8, pathname: 'e' }, { returned: 9 }))
  places.follow(call('close', { fd: 3 }))
  t.is(places.resolve(parent, 'f', 3), undefined)
  t.is(places.resolve(parent, 'f', 7), '/srv/d/f')
  t.is(places.resolve(parent, 'f', 9), '/srv/d/e/f')
  t.is(places.resolve(parent, 'f', 0), undefined)
})

for (const [flags, where] of [
  [0x11n, '/srv/a'],
  [0x211n, '/elsewhere/a'],
] as const) {
  test(`a child with the clone flags 0x${flags.toString(16)} that goes elsewhere leaves its parent at ${where}`, (t) => {
    const cloned = call('clone', {}, { returned: child, raw: { args: [flags] } })
    const forked = { type: 'fork' as const, pid: parent, tid: parent, child: { pid: child, tid: child }, thread: false }
    const went = { ...call('chdir', { path: '/elsewhere' }), pid: child, tid: child }
    // The child is there before the call that made it has ended.
    const events = [forked, went, cloned]
    const places = new Places(events, '/srv')
    for (const event of events) places.follow(event)
    t.is(places.resolve(child, 'a'), '/elsewhere/a')
    t.is(places.resolve(parent, 'a'), where)
  })
}

function call(name: string, args: AnyCall['args'], more: Partial<AnyCall> = {}): AnyEvent {
  const raw = { args: [] }
  const toString = (): string => name
  return {
    type: 'syscall',
    pid: parent,
    tid: parent,
    name,
    number: 0,
    abi: 'x86_64',
    startNs: 0n,
    ok: true,
    args,
    raw,
    toString,
    ...more,
  }
}
