import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import test from 'node:test'
import Ajv from 'ajv/dist/2020.js'

const require = createRequire(import.meta.url)
const schema = JSON.parse(readFileSync(require.resolve('syscope/schema/events-1.json'), 'utf8'))
const bin = join(require.resolve('syscope/package.json'), '../dist/src/cli/bin.js')

// The defaults of ajv make the fastest code out of it, which takes seconds.
const isEvent = new Ajv({ strict: false, inlineRefs: false, code: { optimize: false } }).compile(schema)

test('the program finds all that it opens, in events that are as the schema says', () => {
  const options = ['--json', '-f', '-e', 'trace=openat', '-o', 'events.ndjson']
  spawnSync('node', [bin, ...options, 'sh', 'app.sh'], { cwd: import.meta.dirname })
  const lines = readFileSync(join(import.meta.dirname, 'events.ndjson'), 'utf8')
    .trim()
    .split('\n')
  const events = lines.map((line) => JSON.parse(line))
  for (const event of events) assert(isEvent(event), JSON.stringify(event))
  const missing = events.filter(({ args, error }) => error === 'ENOENT' && !args.pathname.startsWith('/'))
  const reasons = missing.map(({ pid, name, args, error }) => `${pid}: ${name} of ${args.pathname}: ${error}`)
  assert(reasons.length === 0, reasons.join('\n'))
})
