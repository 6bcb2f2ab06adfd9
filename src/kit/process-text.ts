/** A process and its descendants, as pstree(1) draws them. */

import { quoteWord } from '../spawn.ts'
import type { ProcessEnding, TracedProcess } from './processes.ts'

/** What may be asked of the processes. */
export interface Known {
  readonly argv: boolean
  readonly sessions: boolean
}

/** One line for each process, without a line end behind the last. */
export function treeText(process: TracedProcess, known: Known): string {
  return treeLines(process, known).join('\n')
}

function treeLines(process: TracedProcess, known: Known): readonly string[] {
  const { children } = process
  const below = children.flatMap((child, index) => {
    const [first, ...rest] = treeLines(child, known)
    const isLast = index === children.length - 1
    return [`${isLast ? '└─' : '├─'} ${first}`, ...rest.map((line) => `${isLast ? '  ' : '│ '} ${line}`)]
  })
  return [processLine(process, known), ...below]
}

function processLine(process: TracedProcess, known: Known): string {
  const { pid, durationMs, executed, threads } = process
  const earlier = executed.slice(0, -1).map(({ program }) => program)
  const facts = [
    endingText(process.ending),
    durationMs === undefined ? undefined : durationText(durationMs),
    threads.length > 1 ? `${threads.length} threads` : undefined,
    earlier.length > 0 ? `was ${earlier.join(', ')} before` : undefined,
    executed.length === 0 && process.parent !== undefined ? 'forked only' : undefined,
    lifeText(process, known),
  ]
  return `${commandText(process, known)} (${pid}): ${facts.filter((fact) => fact !== undefined).join(', ')}`
}

function commandText(process: TracedProcess, known: Known): string {
  const argv = known.argv ? process.argv : undefined
  return argv === undefined || argv.length === 0 ? (process.program ?? '?') : argv.map(quoted).join(' ')
}

/** A word as a shell takes it, cut where it is long. */
function quoted(word: string): string {
  const short = word.length > 80 ? `${word.slice(0, 79)}…` : word
  return quoteWord(short).replaceAll('\n', String.raw`\n`)
}

function endingText(ending: ProcessEnding): string {
  switch (ending.how) {
    case 'exited':
      return `exit ${ending.code}`
    case 'killed':
      return ending.coreDumped ? `${ending.signal} (core dumped)` : ending.signal
    case 'leaked':
      return 'left running'
    case 'let go':
      return 'let go'
    case 'unknown':
      return 'end not seen'
  }
}

function lifeText(process: TracedProcess, known: Known): string | undefined {
  if (known.sessions && process.daemonised) return 'daemonised'
  return process.outlivedParent ? 'outlived its parent' : undefined
}

function durationText(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`
  return ms >= 10 ? `${ms.toFixed(0)} ms` : `${ms.toFixed(1)} ms`
}
