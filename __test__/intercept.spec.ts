/** Handlers in JavaScript: what they see, what they decide, and what becomes of a run whose handlers fail. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { trace, type Intercept, type SyscallName, type TraceEvent } from '../index.ts'

function scratch(t: import('ava').ExecutionContext): string {
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
    const denied = callsIn(run.events, 'openat').find((event) => event.error === 'EACCES' && event.injected !== undefined)
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
      callsIn(run.events, 'write').map((event) => event.returned).filter((it) => it !== undefined),
      [2, 2, 2],
    )
  })
}

test('others go on while a handler decides', async (t) => {
  const order: string[] = []
  const run = await trace('sh', ['-c', '(cd /) & i=0; while [ $i -lt 50 ]; do /bin/true; i=$((i+1)); done; echo done > over; wait'], {
    filter: 'none',
    until: 'tree',
    cwd: scratch(t),
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
  })
  t.is(run.exitCode, 0)
  t.deepEqual(order, ['asked', 'loop is over', 'decided'])
})

test('sixteen processes are asked about at once', async (t) => {
  let waiting = 0
  let most = 0
  const run = await trace('sh', ['-c', 'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do (cd /) & done; wait'], {
    filter: 'none',
    until: 'tree',
    intercept: {
      chdir: async (call) => {
        waiting += 1
        most = Math.max(most, waiting)
        while (most < 16) await sleep(5)
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
  await t.throwsAsync(async () => trace('true', [], { intercept: never, handlerTimeout: 20 }), { code: 'ERR_SYSCOPE_HANDLER_TIMEOUT' })
  const run = await trace('true', [], { intercept: never, handlerTimeout: 20, onHandlerFailure: 'continue' })
  t.is(run.exitCode, 0)
  t.true(run.syscalls('openat').every((event) => event.injected?.did.includes('unanswered')))
})

test('what is denied or injected is asked of nobody', async (t) => {
  const asked: string[] = []
  const run = await trace('sh', ['-c', 'cd /; cd /usr'], {
    deny: { path: '/usr', error: 'EACCES' },
    intercept: { chdir: (call) => void asked.push(String(call.args.path)) },
  })
  t.deepEqual(asked, ['/'])
  t.is(run.syscalls('chdir').length, 2)
})

test('a handler that returns something else fails', async (t) => {
  await t.throwsAsync(async () => trace('true', [], { intercept: { openat: () => 5 as never } }), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  const wrong: Intercept = { openat: (call) => call.change({ pathname: '/a/much/longer/path/than/the/programs/own'.repeat(9) }) }
  const error = await t.throwsAsync(async () => trace('true', [], { intercept: wrong }), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  t.regex(error?.message ?? '', /there is room for \d+ bytes/)
})

test('wrong handlers are refused before anything is started', async (t) => {
  const refused = async (intercept: unknown, more = {}): Promise<string> => {
    const error = await t.throwsAsync(async () => trace('true', [], { intercept: intercept as Intercept, ...more }))
    return `${(error as { code?: string }).code}: ${error?.message}`
  }
  t.is(await refused([]), 'ERR_SYSCOPE_INVALID_ARGUMENT: Expected the `intercept` option to be an object of handlers, got [].')
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
    await refused(undefined, { handlerTimeout: 5 }),
    'ERR_SYSCOPE_INVALID_ARGUMENT: The `handlerTimeout` option means nothing without `intercept`.',
  )
})
