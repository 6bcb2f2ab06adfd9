import test from 'ava'
import { Unread, type InjectRule } from '../../index.ts'
import { readCommandLine } from './options.ts'
import { occurs, PokeNotes } from './poke-notes.ts'
import { rulesOf } from './rules.ts'

const rules = (...words: readonly string[]) => rulesOf(readCommandLine(words).settings)

const comesTo = test.macro({
  exec(t, line: string, inject: readonly InjectRule[]) {
    t.deepEqual(rules(...line.split(' ')).inject, inject)
  },
  title: (_, line: string) => line,
})

test(comesTo, '-e inject=chdir:error=EIO', [{ syscall: ['chdir'], error: 'EIO' }])
test(comesTo, '-e fault=chdir,getcwd', [{ syscall: ['getcwd', 'chdir'], error: 'ENOSYS' }])
test(comesTo, '-e inject=chdir,getcwd:error=EIO --fault=chdir', [
  { syscall: ['getcwd'], error: 'EIO' },
  { syscall: ['chdir'], error: 'ENOSYS' },
])
test(comesTo, '-e inject=chdir:error=EIO -e inject=%file:error=EPERM -e trace=chdir', [
  { syscall: ['chdir'], error: 'EPERM' },
])
test(comesTo, '-e trace=!getcwd -e inject=chdir,getcwd:error=EIO', [{ syscall: ['chdir'], error: 'EIO' }])
test(comesTo, '-e trace=chdir@32 -e inject=chdir:error=EIO', [{ syscall: ['chdir@32'], error: 'EIO' }])
test(comesTo, '-e inject=chdir:error=EIO -e inject=chdir:path=/x:error=EPERM', [
  { syscall: ['chdir'], error: 'EPERM', path: ['/x'] },
  { syscall: ['chdir'], error: 'EIO' },
])
test(comesTo, '-P /a/[b]/ -P c -e inject=open:error=EIO', [
  { syscall: ['open'], error: 'EIO', path: [String.raw`/a/\[b\]`, './c'] },
])
test(comesTo, '--trace-fds=1,2 -e inject=write:error=EIO', [{ syscall: ['write'], error: 'EIO', fd: [1, 2] }])
test(comesTo, '-e inject=write:setarg3=1', [{ syscall: ['write'], args: { count: 1 } }])
test(comesTo, '-e inject=write,openat:arg3=1:error=EIO', [
  { syscall: ['write'], args: { count: { is: [1] } }, error: 'EIO' },
  { syscall: ['openat'], args: { flags: { is: [1] } }, error: 'EIO' },
])
test(comesTo, '-e inject=chdir,getcwd:poke_enter=@arg1=00', [
  { syscall: ['getcwd'], pokeEnter: { buf: Uint8Array.of(0) } },
  { syscall: ['chdir'], pokeEnter: { path: Uint8Array.of(0) } },
])

test('rules that cannot be are refused', (t) => {
  for (const [line, message] of [
    ['-e inject=getpid:arg1=1:error=EIO', /^invalid inject argument '.*': none of these calls has such an argument$/],
    ['-e inject=write,openat:arg3=1:nth=2:error=EIO', /write and openat cannot be counted together/],
    ['--trace-fds=!1 -e inject=write:error=EIO', /cannot be combined with --trace-fds=!1$/],
    ['--trace-fds=1 -P /x -e inject=write:error=EIO', /cannot be combined with both/],
    ['--deny getpid:arg1=1', /^invalid deny argument '.*': none of these calls/],
  ] as const) {
    t.throws(() => rules(...line.split(' ')), { message }, line)
  }
})

test('a denied argument is one by name', (t) => {
  t.deepEqual(rules('--deny', 'socket:arg1=AF_INET,AF_INET6:EACCES').deny, [
    { calls: ['socket'], args: { domain: { is: ['AF_INET', 'AF_INET6'] } }, error: 'EACCES' },
  ])
})

test('where a call has no such argument to write to, that is said each time', (t) => {
  const { inject, beyond } = rules('-e', 'inject=chdir:when=2+:poke_enter=@arg2=00')
  t.deepEqual(inject, [])
  const notes = new PokeNotes(beyond, [undefined, { syscall: 'chdir', pokeEnter: { path: Uint8Array.of(1, 2, 3) } }])
  const call = { type: 'syscall', name: 'chdir', abi: 'x86_64', tid: 7 } as const
  const message =
    "Failed to tamper with process 7: requested to tamper with argument #2, but system call 'chdir' has only 1 arguments"
  t.deepEqual(notes.of([call]), [])
  t.deepEqual(notes.of([{ ...call, name: 'getpid' }, { ...call, tid: 8 }, call]), [message])
  const failed = { ...call, injected: { rule: 1, did: ['failed'] } }
  t.deepEqual(notes.of([failed]), [message, "Failed to tamper with process 7: couldn't poke"])
  const short = { ...failed, injected: { rule: 1, did: ['args', 'failed'] }, raw: { args: [0x1ffen] } }
  t.deepEqual(notes.of([short]).slice(1), ['pid:7 short write (2 < 3) @0x1ffe: Bad address'])
  const args = { path: new Unread(0x1ffen, 'EFAULT') }
  t.deepEqual(notes.of([{ ...short, args }]).slice(2), ['short read (2 < 3) @0x1ffe: Bad address'])
})

for (const [when, ...counts] of [
  ['2', 2],
  ['2+', 2, 3, 4, 5, 6, 7, 8],
  ['2+3', 2, 5, 8],
  ['2..4', 2, 3, 4],
  ['2..7+2', 2, 4, 6],
] as const) {
  test(`when=${when} means ${counts.join(', ')}`, (t) => {
    t.deepEqual<readonly number[], readonly number[]>(
      [1, 2, 3, 4, 5, 6, 7, 8].filter((it) => occurs(it, when)),
      counts,
    )
  })
}
