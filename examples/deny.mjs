// A program that must work without a network, whatever it starts: the refused calls are reported, not merely refused.
import assert from 'node:assert/strict'
import { trace } from 'syscope'

const script =
  'require("net").connect(9, "127.0.0.1").on("error", (error) => process.exit(error.code === "ENETUNREACH" ? 3 : 4))'
const run = await trace('node', ['-e', script], { filter: 'none', deny: { calls: 'connect', error: 'ENETUNREACH' } })

assert.equal(run.exitCode, 3)
for (const call of run.denied) console.log(`${call.pid}: ${call}`)
