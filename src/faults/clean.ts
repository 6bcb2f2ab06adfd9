/** Clean runs: what they give to compare with, and what of it can be relied on. */

import { realpathSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { TraceResult } from '../result.ts'
import type { CommandLine } from '../spawn.ts'
import { expectedOutput, type Baseline, type ExpectedFiles } from './judge.ts'
import { commonGlob, matcherOf } from './patterns.ts'
import type { Recorded } from './plan.ts'
import { isSame, type Snapshot } from './snapshot.ts'

/** A clean run, and what it left. */
export interface Clean {
  readonly result: TraceResult
  readonly recorded: Recorded
  readonly stdout: string
  readonly stderr: string
  readonly files: Snapshot | undefined
  readonly state: string | undefined
}

/** What can be relied on, and what two clean runs did differently. */
export function baselineOf(
  before: Snapshot | undefined,
  stateBefore: string | undefined,
  first: Clean,
  second: Clean,
): { readonly baseline: Baseline; readonly unstable: readonly string[] } {
  const stdout = expectedOutput(first.stdout, second.stdout)
  const stderr = expectedOutput(first.stderr, second.stderr)
  const files = before === undefined ? undefined : expectedFiles(before, first.files, second.files)
  const unstable = [
    ...(stdout.steady === undefined ? ['stdout'] : []),
    ...(stderr.steady === undefined ? ['stderr'] : []),
    ...(files?.unsteady ?? []),
  ]
  const isSameState = first.state === second.state
  const state = first.state === undefined || !isSameState ? {} : { state: { before: stateBefore, clean: first.state } }
  return {
    baseline: { stdout, stderr, ...(files === undefined ? {} : { files }), ...state },
    unstable: isSameState ? unstable : [...unstable, 'the state'],
  }
}

function expectedFiles(before: Snapshot, first: Snapshot = new Map(), second: Snapshot = new Map()): ExpectedFiles {
  const common = new Map([...first].filter(([path]) => before.has(path) || second.has(path)))
  const unsteady = new Set([...common.keys()].filter((path) => !isSame(first.get(path), second.get(path))))
  const [ones, others] = [
    [...first.keys()].filter((path) => !common.has(path)),
    [...second.keys()].filter((path) => !first.has(path)),
  ]
  const globs = ones.flatMap((path) => others.flatMap((other) => commonGlob(`/${path}`, `/${other}`) ?? []))
  const matchers = [...new Set(globs)].map((glob) => matcherOf(glob, '/'))
  return { before, clean: common, unsteady, isUsual: (path) => matchers.some((it) => it(`/${path}`)) }
}

/** The files that the command's arguments name. */
export function argumentFiles({ file, args }: CommandLine, cwd: string): ReadonlySet<string> {
  const words = file.includes('/') ? [file, ...args] : args
  return new Set(
    words.flatMap((word) => {
      const path = resolve(cwd, word)
      return isFile(path) ? [path, realpathSync(path)] : []
    }),
  )
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    return false
  }
}
