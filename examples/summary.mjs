// Counting costs no record: the engine keeps the sums.
import { trace } from 'syscope'

const run = await trace('ls', ['-l', '/'], { counting: true })
for (const call of run.summary().calls.slice(0, 5))
  console.log(`${call.name}: ${call.calls} calls, ${call.errors} errors`)
