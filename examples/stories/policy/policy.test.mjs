import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { callsIn, profile, trace } from 'syscope'

const allowed = readFileSync(join(import.meta.dirname, 'calls.txt'), 'utf8').split('\n')
const watched = callsIn(['%network', '%process', '%creds'])

test('the program asks for nothing that nobody has agreed to', async () => {
  const run = await trace('node', ['app.mjs'], { cwd: import.meta.dirname })
  const added = profile(run).calls.x86_64.filter((name) => watched.includes(`${name}@64`) && !allowed.includes(name))
  const examples = added.map((name) => `${name} is new: ${run.syscalls(name)[0]}`)
  assert(added.length === 0, examples.join('\n'))
})
