// Which files does `require('crypto')` open beyond the loader's? Node's own test suite asks this by parsing strace's text.
import assert from 'node:assert/strict'
import { trace } from 'syscope'

const run = await trace('node', ['-e', 'require("crypto")'], { filter: ['openat'] })
assert.equal(run.exitCode, 0)

const opened = run
  .syscalls('openat')
  .filter((call) => call.ok)
  .map((call) => call.args.pathname)
const surprising = opened.filter((path) => !/\.so(\.|$)|^\/(proc|sys|dev|etc)\//.test(path))

console.log(`opened ${opened.length} files, ${surprising.length} of them unexpected`)
for (const path of surprising) console.log(`  ${path}`)
