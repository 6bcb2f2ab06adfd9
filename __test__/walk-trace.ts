/** `walk-trace.ts FILE`: reads a saved trace from end to end in several ways, and prints how many calls it saw and what it took. */

import { loadTrace } from '../src/archive/traces.ts'

const trace = await loadTrace(process.argv[2] ?? '')
const { length } = trace.events.at(-1)?.toString() ?? ''
const before = process.memoryUsage().rss
let streamed = 0
for await (const batch of trace.batches()) streamed += batch.length
const summed = length > 0 ? trace.summary().total.calls : 0
const grownBy = process.resourceUsage().maxRSS * 1024 - before
console.log(JSON.stringify({ streamed, summed, grownBy }))
