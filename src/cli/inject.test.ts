import test from 'ava'
import fc from 'fast-check'
import { readAddress } from './conditions.ts'
import { readDenial } from './deny.ts'
import { UsageError } from './getopt.ts'
import { readInjection } from './inject.ts'
import { rulesOf } from './rules.ts'
import { initialSettings } from './settings.ts'
import { ValueError } from './values.ts'

const inject = (words: string) => readInjection(words, 'inject', '-e inject=')
const fault = (words: string) => readInjection(words, 'fault', '-e fault=')

const reads = test.macro({
  exec(t, words: string, calls: string, rule: object, isPlain?: boolean) {
    const read = inject(words)
    t.is(read.calls, calls)
    t.deepEqual<object, object>(read.rule, rule)
    t.is(read.isPlain, isPlain ?? true)
  },
  title: (_, words: string) => `inject=${words}`,
})

test(reads, 'chdir:error=ENOENT', 'chdir', { error: 'ENOENT' })
test(reads, 'chdir:error=enoent', 'chdir', { error: 'ENOENT' })
test(reads, 'chdir:error=2', 'chdir', { returns: 2n ** 64n - 2n })
test(reads, 'chdir:error=4095', 'chdir', { returns: 2n ** 64n - 4095n })
test(reads, '!chdir:error=EIO', '!chdir', { error: 'EIO' })
test(reads, '%file,read:error=EIO', '%file,read', { error: 'EIO' })
test(reads, '/^get:error=EIO', '/^get/', { error: 'EIO' })
test(reads, 'chdir::error=EIO:', 'chdir', { error: 'EIO' })
test(reads, 'chdir:retval=0', 'chdir', { returns: 0n })
test(reads, 'chdir:retval=0x10', 'chdir', { returns: 16n })
test(reads, 'chdir:retval=010', 'chdir', { returns: 8n })
test(reads, 'chdir:retval=42:syscall=gettid', 'chdir', { returns: 42n, instead: 'gettid' })
test(reads, 'chdir:signal=USR1:syscall=gettid', 'chdir', { signal: 10 })
test(reads, 'chdir:signal=sigusr1', 'chdir', { signal: 10 })
test(reads, 'chdir:signal=64:error=EIO', 'chdir', { signal: 64, error: 'EIO' })
test(reads, 'chdir:delay_enter=800000', 'chdir', { delayEnter: '800000000ns' })
test(reads, 'chdir:delay_enter=8e5:delay_exit=1.6s', 'chdir', { delayEnter: '800000000ns', delayExit: '1600000000ns' })
test(reads, 'chdir:delay_exit=+8e8ns', 'chdir', { delayExit: '800000000ns' })
test(reads, 'chdir:delay_exit=.16E7', 'chdir', { delayExit: '1600000000ns' })
test(reads, 'chdir:delay_exit=0', 'chdir', { delayExit: '0ns' })
test(reads, 'chdir:poke_enter=@arg1=2f00,@arg2=fF', 'chdir', {
  pokeEnter: { arg1: Uint8Array.of(0x2f, 0), arg2: Uint8Array.of(0xff) },
})
for (const [typed, when] of [
  ['3', '3'],
  ['3+', '3+'],
  ['3+2', '3+2'],
  ['3..9', '3..9'],
  ['3..9+', '3..9'],
  ['3..9+2', '3..9+2'],
  ['65535', '65535'],
] as const) {
  test(reads, `chdir:error=EIO:when=${typed}`, 'chdir', { error: 'EIO', when, per: 'call' })
}
test(reads, 'write:error=EIO:path=/a/b', 'write', { error: 'EIO', path: ['/a/b'] }, false)
test(reads, 'write:path=/a:b:c:path=/d:error=EIO', 'write', { error: 'EIO', path: ['/a:b:c', '/d'] }, false)
test(reads, 'write:fd=1,2,socket:[7]:error=EIO', 'write', { error: 'EIO', fd: [1, 2, 'socket:[7]'] }, false)
test(reads, 'write:fd=1:nth=2:setarg3=1', 'write', { nth: 2, fd: [1], args: { arg3: 1 } }, false)
test(reads, 'write:when=2+:per=tree:kill', 'write', { when: '2+', per: 'tree', killTree: true }, false)
test(reads, 'write:run:retval=1', 'write', { run: true, returns: 1n }, false)
test(reads, 'write:outcome=failed:signal=9', 'write', { outcome: 'failed', signal: 9 }, false)
test(reads, 'write:outcome=EINTR,eagain:error=EIO', 'write', { outcome: ['EINTR', 'EAGAIN'], error: 'EIO' }, false)
test(reads, 'connect:process=c*l:error=EIO', 'connect', { error: 'EIO', process: { argv0: 'c*l' } }, false)
test(
  reads,
  'connect:addr=127.0.0.1:53:error=EIO',
  'connect',
  { error: 'EIO', addr: [{ address: '127.0.0.1', port: 53 }] },
  false,
)
for (const [typed, condition] of [
  ['1', { is: [1] }],
  ['-1', { is: [-1] }],
  ['0xffffffffffffffff', { is: [0xffff_ffff_ffff_ffffn] }],
  ['AF_INET,AF_INET6', { is: ['AF_INET', 'AF_INET6'] }],
  ['1..512', { min: 1, max: 512 }],
  ['1..', { min: 1 }],
  ['..512', { max: 512 }],
  ['+O_TRUNC|O_CREAT', { has: ['O_TRUNC', 'O_CREAT'] }],
  ['-O_TRUNC', { lacks: ['O_TRUNC'] }],
  ['!0', { not: [0] }],
] as const) {
  test(reads, `openat:arg3=${typed}:error=EIO`, 'openat', { error: 'EIO', args: { arg3: condition } }, false)
}
test(reads, 'openat:setarg3=O_WRONLY|O_CREAT', 'openat', { args: { arg3: ['O_WRONLY', 'O_CREAT'] } }, false)

test('fault= fails with ENOSYS unless it says otherwise', (t) => {
  t.deepEqual(fault('chdir').rule, { error: 'ENOSYS' })
  t.deepEqual(fault('chdir:when=2').rule, { when: '2', error: 'ENOSYS', per: 'call' })
  t.deepEqual(fault('chdir:error=EIO').rule, { error: 'EIO' })
  t.deepEqual(fault('chdir:syscall=gettid').rule, { error: 'ENOSYS', instead: 'gettid' })
})

const wrong = `
  42 chdir chdir:42 !chdir:42 chdir:42:when=7 chdir:invalid chdir:error= chdir:error=:when=10 chdir:error=nothing chdir:error=0
  chdir:error=-1 chdir:error=3+ chdir:error=4096 chdir:when=7:error=nothing chdir:when=:error=19 chdir:when=0:error=20
  chdir:when=-1:error=21 chdir:when=4-:error=24 chdir:when=5+-:error=25 chdir:when=6++:error=26 chdir:when=7+0:error=27
  chdir:when=9+1+:error=29 chdir:when=65536:error=30 chdir:when=1+65536:error=31 chdir:when=10.:error=1 chdir:when=15..:error=1
  chdir:when=16...:error=1 chdir:when=..20:error=1 chdir:when=24..23:error=1 chdir:when=25..26+0:error=1
  chdir:when=27..65535:error=1 chdir:error=1:error=2 chdir:syscall=chdir:error=1 chdir:syscall=%file:error=1
  chdir:syscall=42:error=1 chdir:syscall=nothing:error=1 chdir:syscall=gettid:syscall=gettid:error=1
`
const onlyInject = `
  chdir:retval=a chdir:retval=0b chdir:retval=0x10000000000000000 chdir:retval=08 chdir:signal=0 chdir:signal=65 chdir:signal=129
  chdir:signal=1:signal=2 chdir:retval=0:retval=1 chdir:retval=0:error=1 chdir:error=1:retval=0 chdir:delay_enter=-1
  chdir:delay_enter=1:delay_enter=2 chdir:delay_exit=1h chdir:poke_enter= chdir:poke_enter=invalid chdir:poke_enter=@arg8=00
  chdir:poke_enter=@arg0=00 chdir:poke_enter=@arg1 chdir:poke_enter=@arg1= chdir:poke_enter=@arg1=000
  chdir:poke_enter=@arg1=nothex chdir:poke_enter=@arg1=00,@arg1=00 chdir:poke_enter=@arg1=00:poke_enter=@arg2=00
  chdir:poke_exit=@arg1=${'00'.repeat(1025)} chdir:syscall=gettid
`
const wordsOf = (text: string) => text.split(/\s+/).filter((it) => it !== '')

test('wrong expressions are refused in the words of strace', (t) => {
  for (const words of wordsOf(wrong + onlyInject)) {
    const { message } = t.throws(() => inject(words)) ?? {}
    t.true(message?.startsWith(`invalid inject argument '${words}'`), words)
  }
  for (const words of wordsOf(wrong).slice(2)) {
    const { message } = t.throws(() => fault(words), undefined, words) ?? {}
    t.true(message?.startsWith(`invalid fault argument '${words}'`), words)
  }
  t.throws(() => fault('chdir:retval=0'), { message: /^invalid fault argument 'chdir:retval=0'/ })
  t.throws(() => inject('nosuch:error=1'), { message: "invalid system call 'nosuch' in -e inject=nosuch" })
  t.throws(() => inject(':error=1'), { message: /^invalid system call ''/ })
})

const refuses = test.macro({
  exec(t, words: string, why: string) {
    t.throws(() => inject(words), { message: `invalid inject argument '${words}': ${why}` })
  },
  title: (_, words: string) => `inject=${words} is refused`,
})
test(refuses, 'write:eror=EIO', 'eror= is not for inject=')
test(refuses, 'write:path=/x:eror=EIO', 'eror= is not for inject=')
test(refuses, 'write:path=/x', 'nothing is to be done')
test(refuses, 'write:path=:error=EIO', 'path= needs a path')
test(refuses, 'write:errno=EIO', 'errno= is not for inject=; did you mean error=?')
test(refuses, 'write:delay=5', 'delay= is not for inject=; did you mean delay_enter=?')
test(refuses, 'write:setcount=1', 'setcount= is not for inject=; did you mean setargN=?')
test(refuses, 'write:kill=1', 'kill takes no value')
test(refuses, 'write:nth=0:error=EIO', 'nth= is one number, from 1 on')
test(refuses, 'write:arg7=1:error=EIO', 'arg7= is not for inject=')
test(refuses, 'write:arg1=1..x:error=EIO', 'arg1= needs a number or the name of a constant')
test(refuses, 'write:arg1=1:setarg1=2', 'arg1 is there twice')
test(refuses, 'write:when=1:nth=2:error=EIO', 'either nth= or when=')
test(refuses, 'write:per=day:error=EIO', 'per= is one of tree, process, thread, call')
test(refuses, 'write:outcome=EWHAT:error=EIO', 'outcome= is failed, successful or errors')
test(
  refuses,
  'write:addr=nowhere:error=EIO',
  "'nowhere' is no address: 10.0.0.0/8, 127.0.0.1:53, [::1]:80, :8000-8999, unix:/path",
)

for (const [word, address] of [
  ['10.0.0.0/8', { address: '10.0.0.0/8' }],
  ['127.0.0.1:53', { address: '127.0.0.1', port: 53 }],
  [':53', { port: 53 }],
  ['*:8000-8999', { port: [8000, 8999] }],
  ['::1', { address: '::1' }],
  ['fe80::/10', { address: 'fe80::/10' }],
  ['[::1]:80', { address: '::1', port: 80 }],
  ['[::1]', { address: '::1' }],
  ['unix', { family: 'AF_UNIX' }],
  ['unix:/run/x', { path: '/run/x' }],
  ['unix:@name', { path: '@name' }],
  ['af_inet6', { family: 'AF_INET6' }],
  ['unix:', undefined],
  ['', undefined],
  ['example.com:80', undefined],
] as const) {
  test(`the address '${word}'`, (t) => t.deepEqual<unknown, unknown>(readAddress(word), address))
}

for (const [words, rule] of [
  ['%network', { calls: '%network' }],
  ['openat,open:eacces', { calls: 'openat,open', error: 'EACCES' }],
  ['network', { network: true }],
  ['network:ENETDOWN', { network: true, error: 'ENETDOWN' }],
  [
    'network:except=unix,127.0.0.1:80,[::1]:81:EACCES',
    { network: { except: ['unix', '127.0.0.1:80', '[::1]:81'] }, error: 'EACCES' },
  ],
  ['path=/etc/**', { path: ['/etc/**'] }],
  ['path=/etc/**:EROFS', { path: ['/etc/**'], error: 'EROFS' }],
  ['%file:path=/etc/:process=sh', { calls: '%file', path: ['/etc/'], process: { argv0: 'sh' } }],
  [
    'connect:addr=10.0.0.0/8:443:EACCES',
    { calls: 'connect', addr: [{ address: '10.0.0.0/8', port: 443 }], error: 'EACCES' },
  ],
  ['socket:arg1=AF_INET', { calls: 'socket', args: { arg1: { is: ['AF_INET'] } } }],
] as const) {
  test(`--deny ${words}`, (t) => t.deepEqual<object, object>(readDenial(words, '--deny=').rule, rule))
}

for (const [words, message] of [
  ['', "invalid system call '' in --deny="],
  ['nosuch', "invalid system call 'nosuch' in --deny=nosuch"],
  ['openat:EWHAT', "invalid error 'EWHAT' in --deny=openat:EWHAT"],
  ['openat:EIO:EPERM', 'two errors, EIO and EPERM, in --deny=openat:EIO:EPERM'],
  ['openat:error=EIO', "invalid deny argument 'openat:error=EIO': error= is not for --deny"],
  ['openat:except=unix', "invalid deny argument 'openat:except=unix': except= is not for --deny"],
] as const) {
  test(`--deny ${words} is refused`, (t) => void t.throws(() => readDenial(words, '--deny='), { message }))
}

test('whatever is typed is read or refused', (t) => {
  const words = [
    'write',
    'openat',
    'network',
    '!',
    '%file',
    ':',
    ':',
    '=',
    ',',
    '..',
    '+',
    '|',
    '-',
    '@',
    '[',
    ']',
    '/',
    '*',
    '::1',
    '0x',
    '1',
    '-1',
    '99',
    'EIO',
  ]
  const keys = [
    'error',
    'retval',
    'when',
    'nth',
    'per',
    'path',
    'fd',
    'addr',
    'arg1',
    'setarg2',
    'poke_enter',
    '@arg1',
    'delay_exit',
    'signal',
  ]
  const text = fc.array(fc.constantFrom(...words, ...keys), { maxLength: 10 }).map((it) => it.join(''))
  fc.assert(
    fc.property(text, (typed) => {
      for (const readAll of [
        () => rulesOf({ ...initialSettings(), inject: [inject(typed)] }),
        () => rulesOf({ ...initialSettings(), deny: [readDenial(typed, '--deny=')] }),
      ]) {
        try {
          readAll()
        } catch (error) {
          if (!(error instanceof ValueError || error instanceof UsageError)) throw error
        }
      }
    }),
    { numRuns: 300 },
  )
  t.pass()
})
