/** What would be a false green or a changed program, from a name with a slip to a byte that is not UTF-8. */

import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { trace } from '../index.ts'

const root = mkdtempSync(join(tmpdir(), 'syscope-strict-'))
test.after.always(() => rmSync(root, { recursive: true }))
const cli = join(import.meta.dirname, '../dist/src/cli/bin.js')
const run = promisify(execFile)
const untyped = (value: unknown): never => value as never

test('a call that does not exist is no empty list', async (t) => {
  const result = await trace('true')
  t.throws(() => result.syscalls(untyped('conect')), { code: 'ERR_SYSCOPE_UNKNOWN_SYSCALL', message: /'connect'/ })
  t.throws(() => trace('true').on(untyped('opnat'), () => {}), { code: 'ERR_SYSCOPE_UNKNOWN_SYSCALL' })
})

test('a second reader of events that are gone is told', async (t) => {
  const traced = trace('true')
  for await (const event of traced) t.truthy(event.type)
  await t.throwsAsync(
    async () => {
      for await (const event of traced) t.fail(event.type)
    },
    { code: 'ERR_SYSCOPE_NOT_RECORDED' },
  )
})

for (const nothing of [undefined, null, 1, ['ls', '-l']]) {
  test(`${JSON.stringify(nothing) ?? 'undefined'} is no command`, async (t) => {
    await t.throwsAsync(async () => await trace(untyped(nothing)), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  })
}

test('argument vectors are whole, whatever the string limit', async (t) => {
  const long = 'x'.repeat(3000)
  const result = await trace('true', [long], {
    filter: ['execve'],
    stringLimit: 8,
    env: { LONG: long },
    extendEnv: false,
  })
  const [call] = result.syscalls('execve')
  t.deepEqual(call?.args.argv, ['true', long])
  t.deepEqual(call?.args.envp, [`LONG=${long}`])
})

test('a string that is not UTF-8 is base64 in JSON', async (t) => {
  const path = Buffer.concat([Buffer.from(root), Buffer.from([0x2f, 0xff])])
  writeFileSync(path, '')
  const result = await trace('sh', ['-c', `cat '${root}'/*`], { filter: ['openat'] })
  const opened = result
    .syscalls('openat')
    .find(({ args: { pathname } }) => typeof pathname === 'string' && pathname.endsWith('\udcff'))
  const json = JSON.parse(JSON.stringify(opened)) as { args: { pathname: unknown } }
  t.deepEqual(json.args.pathname, { base64: path.toString('base64') })
})

test('words and variables of the command line that are not UTF-8 arrive as they are', async (t) => {
  const log = join(root, 'log')
  const script = `printf '%s' "$1$X" > ${join(root, 'out')}`
  // The shell makes the bytes, since Node can't.
  const start = `X=$(printf '\\376') exec "$0" "$1" -o ${log} sh -c '${script}' sh "$(printf '\\377')"`
  await run('sh', ['-c', start, process.execPath, cli])
  t.deepEqual([...readFileSync(join(root, 'out'))], [0xff, 0xfe])
})

test('a denied call that never returns has a result all the same', async (t) => {
  const result = await trace('sh', ['-c', 'exit 0'], {
    deny: { calls: 'exit_group', error: 'EPERM' },
    filter: ['exit_group'],
  })
  t.regex(result.text(), /exit_group\(0\)\s+= -1 EPERM \(Operation not permitted\) \(INJECTED\)/)
})

test('a terminal’s Ctrl-C reaches the program once', async (t) => {
  const counter = join(root, 'count.mjs')
  const out = join(root, 'signals')
  writeFileSync(
    counter,
    `import { writeFileSync } from 'node:fs'
     let signals = 0
     process.on('SIGINT', () => { signals += 1; writeFileSync(${JSON.stringify(out)}, String(signals)) })
     process.stdin.resume()
     console.log('ready')`,
  )
  const traced = execFile('setsid', [
    process.execPath,
    cli,
    '-f',
    '-o',
    '/dev/null',
    '-I',
    '2',
    process.execPath,
    counter,
  ])
  await new Promise((resolve) => traced.stdout?.once('data', resolve))
  // As a terminal does: to the whole group.
  process.kill(-Number(traced.pid), 'SIGINT')
  // Node closes the input when syscope has ended, which sends nothing any more then; the counter ends, and the output with it.
  await new Promise((resolve) => traced.once('close', resolve))
  t.is(readFileSync(out, 'utf8'), '1')
})
