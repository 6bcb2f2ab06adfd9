// One run of about a million events, recorded once, that all layers above the records are measured with.
import { spawnSync } from 'node:child_process'
import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What runs: calls in a loop, then what a server, its clients and a hundred small programs do. */
const script = '"$1" file 200000; exec "$2" "$3" "$4" 4000'

/** @type {Map<string, { trace: string, bytes: number, straceBytes: number | undefined }>} */
const known = new Map()

/**
 * @param {{ workload: string, cli: readonly string[], folder: string, strace: string | undefined }} tools
 * @returns {{ trace: string, bytes: number, straceBytes: number | undefined }} the saved trace, its size, and that of the text that
 *   strace writes about as much
 */
export function recorded({ workload, cli, folder, strace }) {
  const found = known.get(folder)
  if (found !== undefined) return found
  const [place, trace, text] = ['mixed', 'mixed.trace', 'mixed.strace'].map((name) => join(folder, name))
  mkdirSync(place)
  const command = ['sh', '-c', script, 'sh', workload, process.execPath, join(import.meta.dirname, 'mixed.cjs'), place]
  const run = ([file, ...args]) => {
    const done = spawnSync(file, [...args, ...command], { stdio: ['ignore', 'ignore', 'inherit'] })
    if (done.status !== 0) throw new Error(`${file} ${args.join(' ')} ended with ${done.status ?? done.signal}`)
  }
  run([...cli, '-f', '--save', trace, '-o', '/dev/null'])
  if (strace !== undefined) run([strace, '-f', '-y', '-s', '1024', '-o', text])
  const sizes = { bytes: statSync(trace).size, straceBytes: strace === undefined ? undefined : statSync(text).size }
  const made = { trace, ...sizes }
  known.set(folder, made)
  return made
}
