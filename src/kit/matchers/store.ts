/** Files that tests keep what they expect in, and that several processes may write at the same time. */

import { randomBytes } from 'node:crypto'
import {
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { hostname } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { invalid } from '../../checks.ts'
import type { RunnerContext } from './context.ts'

/** Where something is kept. */
export interface Entry {
  /** Absolute. */
  readonly file: string
  /** Of the entry in the file. */
  readonly name: string
}

/**
 * The file and the name of what a matcher keeps: `__snapshots__/<test file><suffix>` beside the test file, or `file` (from the
 * directory of the test file, if it is relative); the name of the test, and `name` behind it, which tells several in one test apart.
 *
 * Throws ERR_SYSCOPE_INVALID_ARGUMENT where the runner says too little and the options say nothing.
 */
export function entryOf(
  { testPath, testName }: RunnerContext,
  { file, name }: { readonly file?: string | undefined; readonly name?: string | undefined },
  suffix: string,
  asks: string,
): Entry {
  const names = [testName, name].filter((it) => it !== undefined && it !== '')
  if (names.length === 0) throw invalid(`${asks} does not know which test it is in: give it a \`name\`.`)
  if (file !== undefined)
    return { file: resolve(testPath === undefined ? '.' : dirname(testPath), file), name: names.join(': ') }
  if (testPath === undefined) throw invalid(`${asks} does not know the file of the test: give it a \`file\`.`)
  return { file: join(dirname(testPath), '__snapshots__', basename(testPath) + suffix), name: names.join(': ') }
}

/** The text of a file; `undefined` where there is none. */
export function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

/**
 * Makes a new text of the one that a file has, while nobody else who does it this way does the same; what others wrote before is in
 * what `change` is given. Whoever reads the file sees it before or after, never between. `change` may be called again.
 *
 * Throws what `change` throws, and errors of node:fs.
 */
export function changeText(file: string, change: (before: string | undefined) => string): void {
  mkdirSync(dirname(file), { recursive: true })
  for (;;) {
    const lock = takeLock(`${file}.lock`)
    try {
      const before = readText(file)
      const after = change(before)
      if (after === before || replaceText(file, after, lock)) return
    } finally {
      lock.release()
    }
  }
}

/** False, and nothing is changed, where the lock was lost meanwhile. */
function replaceText(file: string, text: string, lock: Lock): boolean {
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`
  try {
    writeFileSync(temporary, text)
    if (!lock.isHeld()) return false
    renameSync(temporary, file)
    return true
  } finally {
    rmSync(temporary, { force: true })
  }
}

interface Lock {
  isHeld(): boolean
  release(): void
}

/** It is held for a millisecond; who holds it longer has been killed, or is stopped in a debugger. */
const patienceMs = 10_000

/**
 * A symbolic link that leads nowhere and says who made it: it is there with what it says, or not at all. Waits while somebody else
 * has it.
 */
function takeLock(path: string): Lock {
  const own = `${process.pid}@${hostname()}#${randomBytes(6).toString('hex')}`
  while (!tryTo(() => symlinkSync(own, path), 'EEXIST')) {
    const owner = readOwner(path)
    if (owner === undefined) continue
    if (isAbandoned(path, owner)) breakLock(path, owner)
    else pause(1 + Math.random() * 5)
  }
  const isHeld = (): boolean => readOwner(path) === own
  return {
    isHeld,
    release: () => {
      if (isHeld()) tryTo(() => unlinkSync(path), 'ENOENT')
    },
  }
}

function readOwner(path: string): string | undefined {
  let owner: string | undefined
  tryTo(() => (owner = readlinkSync(path)), 'ENOENT')
  return owner
}

function isAbandoned(path: string, owner: string): boolean {
  const [, pid, host] = /^(\d+)@(.*)#/.exec(owner) ?? []
  if (host === hostname() && !isAlive(Number(pid))) return true
  let madeMs = Date.now()
  tryTo(() => (madeMs = lstatSync(path).mtimeMs), 'ENOENT')
  return Date.now() - madeMs > patienceMs
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return !isErrno(error, 'ESRCH')
  }
}

/** Moved away first: of several who find it abandoned, one gets it. If it was a new one by then, it is put back. */
function breakLock(path: string, owner: string): void {
  const aside = `${path}.${randomBytes(6).toString('hex')}`
  if (!tryTo(() => renameSync(path, aside), 'ENOENT')) return
  const taken = readlinkSync(aside)
  if (taken !== owner) tryTo(() => symlinkSync(taken, path), 'EEXIST')
  unlinkSync(aside)
}

/** False where it fails as it may; throws any other error. */
function tryTo(act: () => unknown, allowed: string): boolean {
  try {
    act()
    return true
  } catch (error) {
    if (isErrno(error, allowed)) return false
    throw error
  }
}

function isErrno(error: unknown, code: string): boolean {
  // No instanceof: in jest errors of Node are of another realm.
  return typeof error === 'object' && error !== null && 'code' in error && error.code === code
}

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
