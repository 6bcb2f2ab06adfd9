// What each layer above the records costs: `layers.cjs ENTRY TRACE ROUNDS` prints nanoseconds per event as JSON.
const [entry, path, rounds] = process.argv.slice(2)
const { loadTrace } = require(entry)

/** Each is asked of a run that was asked nothing before. The first is what the others are compared with. */
const layers = {
  'reading the records': (run) => run.syscalls('reboot').length,
  'records to events': (run) => {
    let events = 0
    for (const event of run.events) events += event.type.length > 0 ? 1 : 0
    return events
  },
  'to text': (run) => run.text().length,
  'to files': (run) => run.files,
  'to network': (run) => run.network,
  'to processes': (run) => run.processes,
  'to a snapshot': (run) => run.snapshot().length,
}

async function measure(ask) {
  const run = await loadTrace(path)
  const { length } = run.events
  globalThis.gc()
  const started = process.hrtime.bigint()
  void ask(run)
  const ns = Number(process.hrtime.bigint() - started)
  run.close()
  return ns / length
}

async function main() {
  const figures = {}
  for (const [name, ask] of Object.entries(layers)) {
    const all = []
    for (let round = 0; round < Number(rounds); round++) all.push(await measure(ask))
    figures[name] = all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)]
  }
  const opening = []
  for (let round = 0; round < 2 * Number(rounds) + 1; round++) {
    const started = process.hrtime.bigint()
    const run = await loadTrace(path)
    void run.events.at(-1)
    opening.push(Number(process.hrtime.bigint() - started) / 1e6)
    run.close()
  }
  const { events } = await loadTrace(path)
  const openMs = opening.toSorted((a, b) => a - b)[Number(rounds)]
  console.log(JSON.stringify({ figures, events: events.length, openMs }))
}

void main()
