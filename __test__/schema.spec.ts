/** Lines of `--json` are what the schema says. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { violation } from './schema.ts'

const root = mkdtempSync(join(tmpdir(), 'syscope-schema-'))
test.after.always(() => rmSync(root, { recursive: true }))
const cli = join(import.meta.dirname, '../dist/src/cli/bin.js')

test('every line of a run fits', (t) => {
  const out = join(root, 'log.ndjson')
  const script = 'ls -l / | sort >/dev/null; cd /tmp; kill -USR1 $$ || true; (exit 3); exec cat /nosuch'
  const command = ['sh', '-c', `trap : USR1; ${script}`]
  // cat fails.
  t.throws(() =>
    execFileSync(process.execPath, [cli, '--json', '-f', '-yy', '-o', out, ...command], { stdio: 'ignore' }),
  )
  const lines = readFileSync(out, 'utf8').trimEnd().split('\n')
  const types = new Set<unknown>()
  for (const line of lines) {
    const event: { readonly type: unknown } = JSON.parse(line)
    types.add(event.type)
    t.is(violation(event), undefined, line)
  }
  for (const type of ['syscall', 'fork', 'exec', 'exit', 'signal']) t.true(types.has(type), type)
})

for (const [what, line] of [
  ['no object', 'x'],
  ['a type that there is not', { type: 'nonsense' }],
  ['a call without its arguments', { type: 'syscall', name: 'close', ok: true }],
] as const) {
  test(`${what} does not fit`, (t) => {
    t.truthy(violation(line))
  })
}
