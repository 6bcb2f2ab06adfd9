// A run of many calls in a process of its own: `million.cjs stream|keep ENTRY WORKLOAD CALLS` prints figures as JSON.
const [what, entry, workload, calls] = process.argv.slice(2)
const { trace } = require(entry)

function resident() {
  globalThis.gc()
  return process.memoryUsage().rss
}

const nsSince = (started) => Number(process.hrtime.bigint() - started)
const each = (ns, events) => `${(ns / events / 1000).toFixed(2)} µs per event`

async function stream() {
  // Everything that is made once has been made.
  for await (const event of trace(workload, ['null', '10000'], { stdio: 'ignore' })) void event
  const before = resident()
  let most = before
  let events = 0
  const started = process.hrtime.bigint()
  for await (const event of trace(workload, ['null', calls], { stdio: 'ignore' })) {
    void event
    events += 1
    if (events % 50_000 === 0) most = Math.max(most, process.memoryUsage().rss)
  }
  const perSecond = `${Math.round((events / nsSince(started)) * 1e6)} thousand`
  return { perSecond, memory: `${((most - before) / 2 ** 20).toFixed(0)} MiB` }
}

async function keep() {
  const before = resident()
  const run = await trace(workload, ['null', calls], { stdio: 'ignore', filter: ['getppid'] })
  const held = resident() - before
  const through = (look) => {
    const started = process.hrtime.bigint()
    for (const event of run.syscalls()) look(event)
    return nsSince(started)
  }
  // Compiled once beforehand.
  let sum = 0
  through((event) => (sum += event.name.length))
  const events = run.syscalls().length
  return {
    perEvent: `${Math.round(held / events)}`,
    unread: each(
      through((event) => (sum += event.name.length)),
      events,
    ),
    args: each(
      through((event) => (sum += Object.keys(event.args).length)),
      events,
    ),
    text: each(
      through((event) => (sum += String(event).length)),
      events,
    ),
  }
}

void (what === 'stream' ? stream() : keep()).then((figures) => console.log(JSON.stringify(figures)))
