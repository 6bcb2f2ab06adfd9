/** Handlers in JavaScript: what they see, what they decide, and what becomes of a run whose handlers fail. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { fixture } from './around-places.ts'
import { attach, CommandError, trace, type Intercept, type SyscallName, type TraceEvent } from '../index.ts'

function scratch(t: ExecutionContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'intercept-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const callsIn = (events: readonly TraceEvent[], name: SyscallName) =>
  events.flatMap((event) => (event.type === 'syscall' && event.name === name ? [event] : []))

const modes = ['filter', 'stops'] as const

for (const mode of modes) {
  // In mode 'filter' only what is intercepted stops; in mode 'stops' everything does.
  const options = mode === 'filter' ? ({ filter: 'none', mode } as const) : ({ mode } as const)

  test(`${mode}: a handler sees typed arguments and refuses a call`, async (t) => {
    const folder = scratch(t)
    writeFileSync(join(folder, 'secret'), 'text')
    const seen: string[] = []
    const run = await trace('cat', [join(folder, 'secret')], {
      ...options,
      intercept: {
        openat(call) {
          if (typeof call.args.pathname === 'string') seen.push(call.args.pathname)
          return call.args.pathname === join(folder, 'secret') ? call.deny('EACCES') : undefined
        },
      },
    })
    t.is(run.exitCode, 1)
    t.regex(run.stderr, /Permission denied/)
    t.is(seen.at(-1) === join(folder, 'secret') || seen.includes(join(folder, 'secret')), true)
    const denied = callsIn(run.events, 'openat').find(
      (event) => event.error === 'EACCES' && event.injected !== undefined,
    )
    t.deepEqual(denied?.injected?.did, ['result', 'handler'])
    t.is(denied?.injected?.argv?.[0], 'cat')
    const rule = run.rules[denied?.injected?.rule ?? -1]
    t.deepEqual(rule?.rule, { intercept: 'openat' })
    t.is(rule?.acted, seen.length)
  })

  test(`${mode}: asynchronous handlers decide at entry and at exit`, async (t) => {
    const run = await trace('sh', ['-c', 'read line; echo "got $line"'], {
      ...options,
      input: 'abc\n',
      intercept: {
        read: {
          exit: async (call) => {
            await sleep(1)
            return call.args.fd === 0 && call.returned === 1 ? call.change({ buf: 'x' }) : undefined
          },
        },
        write: {
          enter: async (call) => {
            await sleep(1)
            return call.args.fd === 1 ? call.change({ buf: 'GOT' }) : undefined
          },
        },
      },
    })
    // The shell reads byte by byte, and its last byte is no line end any more.
    t.regex(run.stdout, /^GOT xxxx/)
    t.true(run.complete)
  })

  test(`${mode}: a call returns what the handler says, having run or not`, async (t) => {
    const folder = scratch(t)
    const run = await trace('sh', ['-c', `cd ${folder} && pwd; mkdir made; echo $?`], {
      ...options,
      intercept: {
        chdir: (call) => call.return(0),
        mkdir: { exit: (call) => (call.ok ? call.fail('EEXIST') : undefined) },
      },
    })
    t.is(run.stdout.split('\n').at(-2), '1')
    t.regex(run.stderr, /File exists/)
  })

  test(`${mode}: numbers are changed for the call alone`, async (t) => {
    const run = await trace('sh', ['-c', 'echo hello'], {
      ...options,
      intercept: { write: (call) => (call.args.fd === 1 ? call.change({ count: 2 }) : undefined) },
    })
    t.is(run.stdout, 'hello\n')
    t.deepEqual(
      callsIn(run.events, 'write')
        .map((event) => event.returned)
        .filter((it) => it !== undefined),
      [2, 2, 2],
    )
  })
}

test('others go on while a handler decides', async (t) => {
  const order: string[] = []
  const run = await trace(
    'sh',
    ['-c', '(cd /) & i=0; while [ $i -lt 50 ]; do /bin/true; i=$((i+1)); done; echo done > over; wait'],
    {
      filter: 'none',
      until: 'tree',
      cwd: scratch(t),
      handlerTimeout: 0,
      intercept: {
        chdir: async () => {
          order.push('asked')
          // Until the loop beside it is over.
          while (!order.includes('loop is over')) await sleep(5)
          order.push('decided')
        },
        openat: (call) => {
          if (call.args.pathname === 'over') order.push('loop is over')
        },
      },
    },
  )
  t.is(run.exitCode, 0)
  t.deepEqual(order, ['asked', 'loop is over', 'decided'])
})

test('sixteen processes are asked about at once', async (t) => {
  let waiting = 0
  let most = 0
  const areAllThere = (): boolean => most === 16
  const run = await trace('sh', ['-c', 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do (cd /) & done; wait'], {
    filter: 'none',
    until: 'tree',
    handlerTimeout: 0,
    intercept: {
      chdir: async (call) => {
        waiting += 1
        most = Math.max(most, waiting)
        while (!areAllThere()) await sleep(5)
        return call.deny('EIO')
      },
    },
  })
  t.is(run.exitCode, 0)
  t.is(callsIn(run.events, 'chdir').filter((event) => event.error === 'EIO').length, 16)
})

test('connect to this very process, which goes on serving', async (t) => {
  const server = createServer((socket) => socket.end('served'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const client = `require('net').connect(${port}, '127.0.0.1').on('error', (e) => console.log(e.code)).on('data', (d) => console.log(String(d)))`
  const intercept = (isDenied: boolean): Intercept => ({
    connect(call) {
      const { addr } = call.args
      const isOurs = addr !== null && 'sin_port' in addr && addr.sin_port === port
      return isOurs && isDenied ? call.deny('ECONNREFUSED') : undefined
    },
  })
  const allowed = await trace(process.execPath, ['-e', client], { filter: 'none', intercept: intercept(false) })
  t.is(allowed.stdout, 'served\n')
  const denied = await trace(process.execPath, ['-e', client], { filter: 'none', intercept: intercept(true) })
  t.is(denied.stdout, 'ECONNREFUSED\n')
})

test('what a handler throws ends the run and is thrown again', async (t) => {
  const mine = new TypeError('mine')
  const error = await t.throwsAsync(async () => {
    await trace('sleep', ['60'], {
      intercept: {
        openat() {
          throw mine
        },
      },
    })
  })
  t.is(error, mine)
  const rejected = await t.throwsAsync(async () => {
    await trace('sleep', ['60'], { intercept: { openat: async () => Promise.reject(mine) } })
  })
  t.is(rejected, mine)
})

test('or lets the call go, and is thrown in the end', async (t) => {
  const folder = scratch(t)
  const mine = new Error('mine')
  const error = await t.throwsAsync(async () => {
    await trace('touch', [join(folder, 'made')], {
      onHandlerFailure: 'continue',
      intercept: {
        openat() {
          throw mine
        },
      },
    })
  })
  t.is(error, mine)
  t.is(readFileSync(join(folder, 'made'), 'utf8'), '')
})

test('a handler that never decides', async (t) => {
  const never: Intercept = { openat: () => new Promise(() => {}) }
  await t.throwsAsync(async () => trace('true', [], { intercept: never, handlerTimeout: 20 }), {
    code: 'ERR_SYSCOPE_HANDLER_TIMEOUT',
  })
  const run = await trace('true', [], { intercept: never, handlerTimeout: 20, onHandlerFailure: 'continue' })
  t.is(run.exitCode, 0)
  t.true(run.syscalls('openat').every((event) => event.injected?.did.includes('unanswered')))
})

test('what is denied or injected is asked of nobody', async (t) => {
  const asked: string[] = []
  const run = await trace('sh', ['-c', 'cd /; cd /usr'], {
    deny: { path: '/usr', error: 'EACCES' },
    intercept: {
      chdir({ args }) {
        if (typeof args.path === 'string') asked.push(args.path)
      },
    },
  })
  t.deepEqual(asked, ['/'])
  t.is(run.syscalls('chdir').length, 2)
})

test('a handler that returns something else fails', async (t) => {
  await t.throwsAsync(async () => trace('true', [], { intercept: { openat: () => 5 as never } }), {
    code: 'ERR_SYSCOPE_INVALID_ARGUMENT',
  })
  const wrong: Intercept = {
    openat: (call) => call.change({ pathname: '/a/much/longer/path/than/the/programs/own'.repeat(9) }),
  }
  const error = await t.throwsAsync(async () => trace('true', [], { intercept: wrong }), {
    code: 'ERR_SYSCOPE_INVALID_ARGUMENT',
  })
  t.regex(error?.message ?? '', /there is room for \d+ bytes/)
})

test('wrong handlers are refused before anything is started', async (t) => {
  const refused = async (intercept: unknown, more = {}): Promise<string> => {
    const error = await t.throwsAsync(async () => trace('true', [], { intercept: intercept as Intercept, ...more }))
    return `${(error as { code?: string }).code}: ${error?.message}`
  }
  t.is(
    await refused([]),
    'ERR_SYSCOPE_INVALID_ARGUMENT: Expected the `intercept` option to be an object of handlers, got [].',
  )
  t.is(await refused({}), 'ERR_SYSCOPE_INVALID_ARGUMENT: The `intercept` option names no call.')
  t.is(
    await refused({ opnat() {} }),
    "ERR_SYSCOPE_UNKNOWN_SYSCALL: Unknown system call 'opnat' in the `intercept` option. Did you mean 'openat'?",
  )
  t.is(
    await refused({ openat: {} }),
    'ERR_SYSCOPE_INVALID_ARGUMENT: Expected the handler of `openat` to be a function, or `enter` and `exit` ones, got {}.',
  )
  t.is(
    await refused({ openat: { leave() {} } }),
    'ERR_SYSCOPE_INVALID_ARGUMENT: The handlers of `openat` are `enter` and `exit`, got `leave`.',
  )
  t.is(
    await refused({ exit_group: { exit() {} } }),
    'ERR_SYSCOPE_INVALID_ARGUMENT: `exit_group` in the `intercept` option has an `exit` handler, and such a call never returns.',
  )
  t.is(await refused({ none() {} }), 'ERR_SYSCOPE_INVALID_ARGUMENT: `none` in the `intercept` option names no call.')
  t.is(
    await refused({ '%fil'() {} }),
    "ERR_SYSCOPE_UNKNOWN_CLASS: Unknown class of system calls '%fil' in the `intercept` option. Did you mean '%file'?",
  )
  t.is(
    await refused(undefined, { handlerTimeout: 5 }),
    'ERR_SYSCOPE_INVALID_ARGUMENT: The `handlerTimeout` option means nothing without `intercept`.',
  )
})

const messageOf = async (t: ExecutionContext, intercept: Intercept): Promise<string> => {
  const error = await t.throwsAsync(
    async () => trace('sh', ['-c', 'cd /usr; echo hello'], { filter: 'none', intercept }),
    {
      code: 'ERR_SYSCOPE_INVALID_ARGUMENT',
    },
  )
  return error?.message.replace(/process \d+/, 'process PID') ?? ''
}

test('keys are any words of `filter`, and a name wins over them', async (t) => {
  const seen: string[] = []
  const see = (key: string) => (call: { readonly name: string; readonly args: object }) => {
    seen.push(`${key} ${call.name}`)
  }
  const run = await trace('sh', ['-c', 'cd /usr; mkdir /usr/bin; umask 2; cat < /dev/null'], {
    filter: 'none',
    intercept: {
      '%file': see('%file'),
      chdir: see('chdir'),
      '/^mk/': see('never'),
      'umask,getpid': { enter: see('umask,getpid'), exit: see('umask,getpid at exit') },
      '%desc': (call) => (call.name === 'read' && call.args.fd === 0 ? call.return(0) : undefined),
    },
  })
  t.true(seen.includes('chdir chdir'))
  t.true(seen.includes('%file mkdir'))
  t.true(seen.includes('%file openat'))
  t.true(seen.includes('umask,getpid umask'))
  t.true(seen.includes('umask,getpid at exit umask'))
  t.false(seen.includes('%file chdir'))
  t.false(seen.some((it) => it.startsWith('never')))
  // As they are tried: names first.
  t.deepEqual(
    run.rules.slice(0, 5).map(({ rule }) => rule),
    ['chdir', 'umask,getpid', '%file', '/^mk/', '%desc'].map((intercept) => ({ intercept })),
  )
  t.is(run.rules[0]?.acted, 1)
  t.true(callsIn(run.events, 'read').some((call) => call.returned === 0 && call.injected?.rule === 4))
})

test('what the methods gave must be returned, in time', async (t) => {
  t.is(
    await messageOf(t, {
      chdir(call) {
        call.deny('EIO')
      },
    }),
    'The handler of `chdir` called deny() and did not return what that gave: write `return call.deny(…)`. (In process PID: chdir("/usr"))',
  )
  let late: unknown
  const run = await trace('sh', ['-c', 'cd /usr'], {
    filter: 'none',
    intercept: {
      chdir(call) {
        setTimeout(() => {
          try {
            call.deny('EIO')
          } catch (error) {
            late = error
          }
        }, 0)
      },
    },
  })
  t.is(run.exitCode, 0)
  await sleep(1)
  t.regex(String(late), /deny\(\) comes too late: the handler of `chdir` has answered/)
})

test('what contradicts itself is refused', async (t) => {
  t.regex(
    await messageOf(t, { chdir: (call) => [call.deny('EIO'), call.return(3)] }),
    /^The handler of `chdir` returned deny\(\) and return\(\), which contradict each other\./,
  )
  t.regex(
    await messageOf(t, { write: (call) => [call.change({ count: 1 }), call.change({ count: 2 })] }),
    /change\(\) and change\(\), which contradict each other/,
  )
  t.regex(
    await messageOf(t, { write: (call) => [call.return(6), call.change({ count: 2 })] }),
    /change\(\) and return\(\), which contradict each other/,
  )
})

test('mistakes in handlers are told with the call', async (t) => {
  const at = ' (In process PID: write(1, "hello\\n", 6))'
  const cases: readonly [NonNullable<Intercept['write']>, string][] = [
    // @ts-expect-error: the names are known.
    [(call) => call.change({ cnt: 1 }), "write has no argument 'cnt': it has 'fd', 'buf', 'count'."],
    [
      (call) => call.change({ count: { least: 1 } as never }),
      "`count` can't become { least: 1 }: it takes a whole number, a bigint, or names of constants.",
    ],
    [
      (call) => call.change({ buf: { text: '' } as never }),
      "`buf` can't become { text: '' }: it takes text or bytes (a Uint8Array) for what it points to, or a number.",
    ],
    [
      (call) => call.change({ count: 1.5 }),
      "`count` can't become 1.5: it takes a whole number, a bigint, or names of constants.",
    ],
    [(call) => call.return(-1), 'return(-1) would be a failure: use deny() instead.'],
    [{ exit: (call) => call.return(-1) }, 'return(-1) would be a failure: use fail() instead.'],
    [
      () => 'EIO' as never,
      "Expected the handler of `write` to return what a method of its call gives, or nothing, got 'EIO': write `return call.deny('EIO')`.",
    ],
    [
      () => false as never,
      'Expected the handler of `write` to return what a method of its call gives, or nothing, got false: write `return call.deny(…)`.',
    ],
  ]
  for (const [write, message] of cases) {
    const told = await messageOf(t, { write })
    t.is(told.replace(/\) = 6\)$/, '))'), message + at)
  }
})

test('methods can be taken out of the call', async (t) => {
  const run = await trace('sh', ['-c', 'cd /usr'], {
    filter: 'none',
    intercept: { chdir: ({ args, deny }) => (args.path === '/usr' ? deny('EIO') : undefined) },
  })
  t.is(callsIn(run.events, 'chdir')[0]?.error, 'EIO')
})

test('a call that nobody decided is recorded whatever `filter` says', async (t) => {
  const run = await trace('sh', ['-c', 'cd /usr'], {
    filter: 'none',
    intercept: { chdir: () => new Promise(() => {}) },
    handlerTimeout: 20,
    onHandlerFailure: 'continue',
  })
  t.deepEqual(
    callsIn(run.events, 'chdir').map((call) => call.injected?.did),
    [['handler', 'unanswered']],
  )
})

test('handlers may be given all the time in the world', async (t) => {
  const run = await trace('sh', ['-c', 'cd /usr'], {
    filter: 'none',
    intercept: { chdir: (call) => sleep(50).then(() => call.deny('EIO')) },
    handlerTimeout: 0,
  })
  t.is(callsIn(run.events, 'chdir')[0]?.error, 'EIO')
})

test('the error of a handler that never decides tells the call', async (t) => {
  const error = await t.throwsAsync(
    async () =>
      trace('sh', ['-c', 'cd /usr'], { intercept: { chdir: () => new Promise(() => {}) }, handlerTimeout: 20 }),
    { code: 'ERR_SYSCOPE_HANDLER_TIMEOUT' },
  )
  t.regex(
    error?.message ?? '',
    /^The handler of `chdir` did not decide within 20 ms .* \(In process \d+: chdir\("\/usr"\)\)$/,
  )
})

for (const mode of modes) {
  test(`${mode}: a signal gets through to a thread that waits for a handler`, async (t) => {
    const folder = scratch(t)
    const controller = new AbortController()
    const ends = { timeout: { timeout: 100 }, abort: { signal: controller.signal }, kill: {} }
    for (const [how, options] of Object.entries(ends)) {
      const run = trace('mkdir', [join(folder, 'made')], {
        filter: ['mkdir'],
        mode,
        handlerTimeout: 0,
        ...options,
        intercept: {
          mkdir() {
            if (how === 'kill') run.kill()
            if (how === 'abort') controller.abort()
            return new Promise(() => {})
          },
        },
      })
      // Who does not end by SIGTERM is killed by SIGKILL a while later.
      if (how === 'abort') {
        const error = await t.throwsAsync(async () => run, { instanceOf: CommandError, code: 'ERR_SYSCOPE_ABORTED' })
        t.is(error?.result.signal, 'SIGTERM')
      } else t.is((await run).signal, 'SIGTERM')
      // What was to be decided was not done.
      t.false(existsSync(join(folder, 'made')))
    }
  })
}

test('a handler that decides soon is not overruled by a signal', async (t) => {
  const run = trace('sh', ['-c', "trap 'echo trapped' TERM; cd /usr || echo denied"], {
    filter: 'none',
    intercept: {
      async chdir(call) {
        run.kill()
        await sleep(10)
        return call.deny('EIO')
      },
    },
  })
  const { stdout, events } = await run
  t.is(stdout, 'trapped\ndenied\n')
  t.is(callsIn(events, 'chdir')[0]?.error, 'EIO')
})

test('processes that were attached to outlive a handler that fails', async (t) => {
  const mine = new Error('mine')
  const failing: readonly [Intercept, object][] = [
    [
      {
        chdir() {
          throw mine
        },
      },
      { is: mine },
    ],
    [
      { chdir: () => new Promise(() => {}) },
      { code: 'ERR_SYSCOPE_HANDLER_TIMEOUT', message: /all processes were let go/ },
    ],
  ]
  for (const [intercept, expected] of failing) {
    // A child of ours can't be attached to.
    const parent = spawn('sh', ['-c', 'sh -c "while :; do cd /usr; sleep 0.01; done" > /dev/null & echo $!; wait'])
    const [line] = await once(parent.stdout, 'data')
    const pid = Number(line)
    t.teardown(() => parent.kill('SIGKILL'))
    const isThere = () => existsSync(`/proc/${pid}`)
    t.teardown(() => isThere() && process.kill(pid, 'SIGKILL'))
    await t.throwsAsync(async () => attach(pid, { intercept, handlerTimeout: 50 }), expected)
    t.true(isThere())
    await t.throwsAsync(async () => attach(pid, { intercept, handlerTimeout: 50, onHandlerFailure: 'kill' }))
    while (isThere()) await sleep(5)
  }
})

test('calls of 32-bit code are asked about by the name of the 64-bit call', async (t) => {
  const file = join(scratch(t), 'file')
  writeFileSync(file, 'text')
  const seen: string[] = []
  await trace(fixture, ['around', 'int80-truncate64', file], {
    filter: 'none',
    intercept: {
      truncate(call) {
        seen.push(`${call.abi} ${String(call)}`)
        return call.deny('EACCES')
      },
    },
  })
  t.deepEqual(
    seen.map((it) => it.split('(')[0]),
    ['i386 truncate64'],
  )
  t.is(readFileSync(file, 'utf8'), 'text')
})
