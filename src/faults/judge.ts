/** What a run with a fault shows, compared with clean ones. */

import type { FileChange, Verdict } from './options.ts'
import { isSame, stateText, type FileState, type Snapshot } from './snapshot.ts'

/** How the command behaves without faults. */
export interface Baseline {
  readonly stdout: Expected
  readonly stderr: Expected
  /** Absent where files are not looked at. */
  readonly files?: ExpectedFiles
  /** What the `state` option says before a run (nothing, where it throws) and after a clean one. */
  readonly state?: { readonly before: string | undefined; readonly clean: string }
}

/** An output, and how much of it is the same each time. */
export interface Expected {
  readonly text: string
  /** Leaves out what differs from run to run; absent where too much does. */
  readonly steady?: (text: string) => string
}

export interface ExpectedFiles {
  readonly before: Snapshot
  readonly clean: Snapshot
  /** Files that clean runs leave with different contents. */
  readonly unsteady: ReadonlySet<string>
  /** Whether clean runs leave files with such a name, which is another one each time. */
  readonly isUsual: (path: string) => boolean
}

export interface Observed {
  readonly exitCode: number | undefined
  readonly signal: string | undefined
  readonly timedOutAfterMs: number | undefined
  readonly stdout: string
  readonly stderr: string
  /** Signals that processes of the tree died of, and that a fault in the program causes. */
  readonly fatal: readonly string[]
  readonly files?: Snapshot
  readonly state?: { readonly text: string } | { readonly error: unknown }
  readonly checkError?: unknown
  /** Whether this file could not be removed because that was the fault. */
  readonly isKept?: (path: string) => boolean
}

export interface Judgement {
  readonly verdict: Verdict
  readonly isBug: boolean
  readonly findings: readonly string[]
  readonly left: readonly string[]
  readonly torn: readonly FileChange[]
  readonly unchanged: readonly string[]
}

const bugs: ReadonlySet<Verdict> = new Set(['mute', 'littered', 'silent', 'torn', 'hung', 'crashed', 'check failed'])

/** `isHarmless`: a fault after which the program has only to call again. */
export function judge(baseline: Baseline, observed: Observed, isHarmless: boolean): Judgement {
  const files = compareFiles(baseline, observed)
  const warned = saysMore(baseline.stderr, observed.stderr)
  const base = { left: files.left, torn: files.torn, unchanged: files.unchanged }
  const found = (verdict: Verdict, ...findings: readonly string[]): Judgement => ({
    ...base,
    verdict,
    isBug: bugs.has(verdict) || (isHarmless && verdict !== 'survived'),
    findings: [...findings, ...(verdict === 'torn' ? [] : fileFindings(files))],
  })
  const { exitCode, signal, timedOutAfterMs, fatal, checkError } = observed
  if (checkError !== undefined) return found('check failed', `check: ${messageOf(checkError)}`)
  if (timedOutAfterMs !== undefined) return found('hung', `still there after ${timedOutAfterMs} ms`)
  if (signal !== undefined) return found('crashed', `killed by ${signal}`)
  if (fatal.length > 0) return found('crashed', `a process of it was killed by ${[...new Set(fatal)].join(', ')}`)
  if (files.torn.length > 0 || files.tornState !== undefined) return found('torn', ...tornFindings(files))
  const status = `exit status ${exitCode ?? 'unknown'}`
  if (exitCode !== 0) {
    if (files.left.length > 0) return found('littered', status)
    if (!warned && !saysMore(baseline.stdout, observed.stdout))
      return found('mute', `${status}, and not a word about it`)
    return isHarmless ? found('failed', `${status}, where it only had to call again`) : found('failed', status)
  }
  const lost = [
    ...files.unchanged.map((path) => `${path} is as before`),
    ...(isAsExpected(baseline.stdout, observed.stdout) ? [] : ['stdout is not that of a clean run']),
    ...(files.isOldState ? ['the state is as before'] : []),
  ]
  if (lost.length > 0) return found(warned ? 'warned' : 'silent', `exit status 0, but ${lost.join(', ')}`)
  return files.left.length > 0 ? found('littered') : found('survived')
}

interface Comparison {
  readonly left: readonly string[]
  readonly torn: readonly FileChange[]
  readonly unchanged: readonly string[]
  readonly tornState: string | undefined
  readonly isOldState: boolean
}

function compareFiles({ files, state }: Baseline, observed: Observed): Comparison {
  const left: string[] = []
  const torn: FileChange[] = []
  const unchanged: string[] = []
  const now = observed.files
  const paths =
    files === undefined || now === undefined ? [] : [...files.before.keys(), ...files.clean.keys(), ...now.keys()]
  for (const path of new Set(paths)) {
    const [before, clean, after] = [files?.before.get(path), files?.clean.get(path), now?.get(path)]
    const how = compareFile({ before, clean, after }, files?.unsteady.has(path) === true)
    if (how === 'left') {
      if (files?.isUsual(path) !== true && observed.isKept?.(path) !== true) left.push(path)
    } else if (how === 'torn' && state === undefined) {
      torn.push({ path, ...describe({ before, clean, after }) })
    } else if (how === 'old' && state === undefined) {
      unchanged.push(path)
    }
  }
  return { left: outermost(left), torn, unchanged, ...compareStates(state, observed.state) }
}

interface Three {
  readonly before: FileState | undefined
  readonly clean: FileState | undefined
  readonly after: FileState | undefined
}

function compareFile({ before, clean, after }: Three, isUnsteady: boolean): 'new' | 'old' | 'left' | 'torn' {
  if (isSame(after, clean)) return 'new'
  if (isSame(after, before)) return 'old'
  if (before === undefined && clean === undefined) return 'left'
  // Of a file that is another one each time only that something of it is there can be expected.
  const isThere = after?.kind === clean?.kind && (after?.size ?? 0) > 0
  return isUnsteady && isThere ? 'new' : 'torn'
}

function compareStates(expected: Baseline['state'], observed: Observed['state']) {
  if (expected === undefined || observed === undefined) return { tornState: undefined, isOldState: false }
  if ('error' in observed)
    return { tornState: `the state cannot be read: ${messageOf(observed.error)}`, isOldState: false }
  if (observed.text === expected.clean) return { tornState: undefined, isOldState: false }
  const isOldState = observed.text === expected.before
  return { tornState: isOldState ? undefined : 'the state is neither as before nor as after a clean run', isOldState }
}

/** Sizes; what else differs where they do not. */
function describe({ before, clean, after }: Three): Omit<FileChange, 'path'> {
  const all = [after, before, clean]
  const isTelling = ![before, clean].some((it) => stateText(it) === stateText(after))
  const [now = '', old = '', wanted = ''] = all.map((it) => {
    if (it === undefined || it.kind !== 'file' || isTelling) return stateText(it)
    const [mode = '', hash = ''] = it.content.split(' ')
    return `${stateText(it)}, mode ${mode}, sha256 ${hash.slice(0, 8)}…`
  })
  return { now, before: old, clean: wanted }
}

/** Of a directory that is left behind, what is in it says nothing more. */
function outermost(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => !paths.some((other) => path.startsWith(`${other}/`)))
}

function tornFindings({ torn, tornState }: Comparison): readonly string[] {
  const findings = torn.map(
    ({ path, now, before, clean }) =>
      `${path}: ${now}, neither as before (${before}) nor as after a clean run (${clean})`,
  )
  return tornState === undefined ? findings : [...findings, tornState]
}

function fileFindings(files: Comparison): readonly string[] {
  return [...tornFindings(files), ...files.left.map((path) => `${path} is left behind`)]
}

function isAsExpected({ text, steady }: Expected, seen: string): boolean {
  return steady === undefined || steady(text) === steady(seen)
}

/** Whether there are lines that a clean run does not have. Of output that differs anyhow, more of it may be a message. */
function saysMore({ text, steady }: Expected, seen: string): boolean {
  if (steady === undefined) return seen.length > text.length
  const usual = new Set(steady(text).split('\n'))
  // What is cut in the middle of a line is no message.
  return steady(seen)
    .split('\n')
    .some((line) => line !== '' && !usual.has(line) && !text.includes(line))
}

/** What of an output is the same in two clean runs: all, all but numbers, or nothing. */
export function expectedOutput(one: string, other: string): Expected {
  if (one === other) return { text: one, steady: (text) => text }
  const steady = (text: string): string => text.replaceAll(/\d+/g, '#')
  return steady(one) === steady(other) ? { text: one, steady } : { text: one }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
