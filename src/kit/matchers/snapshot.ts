/** `toMatchSyscallSnapshot()`: whether a run made the system calls that it made before. */

import { checkOptions, type Check } from '../../checks.ts'
import { diffSnapshots } from '../snapshot/diff.ts'
import { snapshotOf, type SnapshotOptions } from '../snapshot.ts'
import { currentContext } from './context.ts'
import { changeText, entryOf, readText, type Entry } from './store.ts'
import { readRun } from './subject.ts'
import type { Verdict } from './verdict.ts'

/** What `toMatchSyscallSnapshot()` is told. */
export interface SyscallSnapshotOptions extends SnapshotOptions {
  /** Tells several snapshots in one test apart. Needed where the runner does not say which test it is. */
  readonly name?: string
  /**
   * A file to keep the snapshot in instead of the runner's own, from the directory of the test file.
   * @default the runner's own; where it has none, `__snapshots__/<test file>.syscalls.txt` beside the test file
   */
  readonly file?: string
}

/** See `RunMatchers.toMatchSyscallSnapshot`. */
export function toMatchSyscallSnapshot(received: unknown, options: SyscallSnapshotOptions = {}): Verdict {
  const { run, name: command, asks } = readRun(received, 'toMatchSyscallSnapshot')
  // Whoever has no types may give null.
  const { name, file, ...how } = (options as SyscallSnapshotOptions | null) ?? {}
  checkOptions({ name, file }, checks, asks)
  const text = snapshotOf(run, how)
  const context = currentContext()
  if (context.matchText !== undefined && file === undefined) return context.matchText(text, name)
  // Not `.snap`: jest removes such files that are no snapshots of its own.
  const entry = entryOf(context, { file, name }, '.syscalls.txt', asks)
  const known = readSnapshots(readText(entry.file)).get(entry.name)
  if (context.update === 'all' || (context.update === 'new' && known === undefined)) return write(text, entry, command)
  return known === undefined ? missingVerdict(entry, command) : compare(known, text, entry, command)
}

const checks: Readonly<Record<'name' | 'file', Check>> = {
  name: { expected: 'a name', isRight: (value) => typeof value === 'string' && value !== '' },
  file: { expected: 'a path', isRight: (value) => typeof value === 'string' && value !== '' },
}

function compare(expected: string, actual: string, { file, name }: Entry, command: string): Verdict {
  const diff = diffSnapshots(expected, actual)
  if (diff === '') {
    return {
      pass: true,
      message: `Expected the system calls of ${command} to be others than those of '${name}' in ${file}, but they are the same.`,
    }
  }
  const message =
    `Expected the system calls of ${command} to be those of '${name}' in ${file}, but they differ:\n\n${diff}\n` +
    "If they are to be so: SYSCOPE_UPDATE=1, or your runner's own option to update snapshots, writes new ones."
  return { pass: false, message }
}

function write(text: string, { file, name }: Entry, command: string): Verdict {
  changeText(file, (before) => snapshotsText(new Map([...readSnapshots(before), [name, text]])))
  return {
    pass: true,
    message: `Expected the system calls of ${command} to be others than before, but they were written only now: '${name}' in ${file}.`,
  }
}

function missingVerdict({ file, name }: Entry, command: string): Verdict {
  return {
    pass: false,
    message:
      `Expected the system calls of ${command} to be those of '${name}', but ${file} has none of that name, and they are not written ` +
      'here: CI is set, or the runner was told not to.\n\n' +
      'Run the test elsewhere, or with SYSCOPE_UPDATE=1, and keep the file with the tests.',
  }
}

const head = '# System calls of tests. Written by syscope; SYSCOPE_UPDATE=1 writes it anew.\n'
/** A backslash more in front of a line of a snapshot that looks like one. */
const title = /^=== (.*) ===$/
const titleLike = /^\\*=== .* ===$/

/** Snapshots by name. */
function readSnapshots(text: string | undefined): ReadonlyMap<string, string> {
  const found = new Map<string, string[]>()
  let lines: string[] = []
  for (const line of (text ?? '').split(/\r?\n/)) {
    const [, name] = title.exec(line) ?? []
    if (name === undefined) lines.push(line.startsWith('\\') && titleLike.test(line) ? line.slice(1) : line)
    else found.set(unescapeName(name), (lines = []))
  }
  return new Map([...found].map(([name, all]) => [name, textOf(all)]))
}

/** An empty line comes before and behind each. */
function textOf(lines: readonly string[]): string {
  const text = lines.join('\n').replace(/^\n+|\n+$/g, '')
  return text === '' ? '' : `${text}\n`
}

/** Names in order, so that a change is where it was. */
function snapshotsText(snapshots: ReadonlyMap<string, string>): string {
  const sorted = [...snapshots].toSorted(([one], [other]) => (one < other ? -1 : 1))
  return head + sorted.map(([name, text]) => `\n=== ${escapeName(name)} ===\n\n${escapeLines(text)}`).join('')
}

function escapeLines(text: string): string {
  return text.replaceAll(/^\\*=== .* ===$/gm, (line) => `\\${line}`)
}

function escapeName(name: string): string {
  return name
    .replaceAll('\\', '\\\\')
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`)
}

function unescapeName(name: string): string {
  return name.replaceAll(/\\(.)/g, (_, character: string) =>
    character === 'n' ? '\n' : character === 'r' ? '\r' : character,
  )
}
