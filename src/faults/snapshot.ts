/** Directories: copied, and looked at before and after a run. */

import { constants, type BigIntStats } from 'node:fs'
import { chmod, copyFile, lstat, mkdir, readdir, readFile, readlink, rm, symlink, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { SyscopeError } from '../errors.ts'

/** What is known of a file without its name: equal for files that are the same. */
export interface FileState {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other'
  /** Permissions, the content's hash or the target. */
  readonly content: string
  readonly size: number
}

/** By path, from the directory on. */
export type Snapshot = ReadonlyMap<string, FileState>

/** What tells that a file was not touched, by path; and what it held. */
export type Stamps = ReadonlyMap<string, { readonly stamp: string; readonly state: FileState }>

/** More would be copied for each run, and is hardly meant. */
const mostEntries = 20_000
const mostBytes = 512 * 1024 * 1024

/** Linked instead of copied: large, and not what a program is expected to write to. */
const linkedDirectory = 'node_modules'

/** Throws ERR_SYSCOPE_INVALID_ARGUMENT for a directory that is too large to be copied again and again. */
export async function checkSize(dir: string): Promise<void> {
  const left = { entries: mostEntries, bytes: mostBytes }
  await count(dir, left)
}

async function count(dir: string, left: { entries: number; bytes: number }): Promise<void> {
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name)
    left.entries -= 1
    if (entry.isFile()) left.bytes -= (await lstat(path)).size
    if (left.entries < 0 || left.bytes < 0) {
      const message =
        `A directory with more than ${mostEntries} files or ${mostBytes >> 20} MiB, as ${dir} is in, would take long to be copied ` +
        'for each run: let the `fixture` option be the directory that the command needs, or false to run without copies.'
      throw new SyscopeError('ERR_SYSCOPE_INVALID_ARGUMENT', message)
    }
    if (entry.isDirectory() && entry.name !== linkedDirectory) await count(path, left)
  }
}

/** Copies what is in a directory to another one. Sockets, pipes and devices are left out. */
export async function copyTree(from: string, to: string): Promise<void> {
  const { mode, atime, mtime } = await lstat(from)
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)]
    if (entry.isDirectory() && entry.name === linkedDirectory) {
      await symlink(source, target)
    } else if (entry.isDirectory()) {
      await mkdir(target)
      await copyTree(source, target)
    } else if (entry.isSymbolicLink()) {
      await symlink(await readlink(source), target)
    } else if (entry.isFile()) {
      await copyOne(source, target)
    }
  }
  await chmod(to, mode)
  await utimes(to, atime, mtime)
}

async function copyOne(source: string, target: string): Promise<void> {
  const { mode, atime, mtime } = await lstat(source)
  await copyFile(source, target, constants.COPYFILE_FICLONE)
  await chmod(target, mode)
  // What compares times, as make does, finds them as they were.
  await utimes(target, atime, mtime)
}

/** What a directory holds. Files that bear the stamp that they are known with are not read again. */
export async function snapshot(dir: string, known: Stamps = new Map()): Promise<Snapshot> {
  const found = new Map<string, FileState>()
  await look(dir, '', found, known)
  return found
}

/** The stamps of a fresh copy, whose files hold what those of the original do. */
export async function stampsOf(dir: string, files: Snapshot): Promise<Stamps> {
  const stamps = new Map<string, { stamp: string; state: FileState }>()
  for (const [path, state] of files) {
    stamps.set(path, { stamp: stampOf(await lstat(join(dir, path), { bigint: true })), state })
  }
  return stamps
}

/** No program can set the time of the last change of a file's status. */
function stampOf({ ino, ctimeNs, size }: BigIntStats): string {
  return `${ino} ${ctimeNs} ${size}`
}

async function look(dir: string, prefix: string, found: Map<string, FileState>, known: Stamps): Promise<void> {
  const names = (await readdir(dir)).toSorted()
  for (const name of names) {
    const [file, path] = [join(dir, name), `${prefix}${name}`]
    const stat = await lstat(file, { bigint: true })
    const stamp = stampOf(stat)
    const before = known.get(path)
    found.set(path, before?.stamp === stamp ? before.state : await stateOf(file, stat))
    if (stat.isDirectory()) await look(file, `${path}/`, found, known)
  }
}

async function stateOf(file: string, stat: BigIntStats): Promise<FileState> {
  const mode = (stat.mode & 0o7777n).toString(8)
  const size = Number(stat.size)
  if (stat.isDirectory()) return { kind: 'directory', content: mode, size: 0 }
  if (stat.isSymbolicLink()) return { kind: 'symlink', content: await readlink(file), size }
  if (!stat.isFile()) return { kind: 'other', content: mode, size: 0 }
  try {
    // Loaded here, as it takes its time, and most users of the library have no use for it.
    const { createHash } = await import('node:crypto')
    const hash = createHash('sha256')
      .update(await readFile(file))
      .digest('base64')
    return { kind: 'file', content: `${mode} ${hash}`, size }
  } catch (error) {
    // Taken away from us too, as a mode of 000 does.
    return { kind: 'file', content: `${mode} ${error instanceof Error ? error.message : ''}`, size }
  }
}

export function isSame(one: FileState | undefined, other: FileState | undefined): boolean {
  if (one === undefined || other === undefined) return one === other
  return one.kind === other.kind && one.content === other.content
}

/** For people. */
export function stateText(state: FileState | undefined): string {
  if (state === undefined) return 'missing'
  return state.kind === 'file'
    ? `${state.size} bytes`
    : state.kind === 'symlink'
      ? `a link to ${state.content}`
      : `a ${state.kind}`
}

/** Removes what a run may also have made unremovable. */
export async function removeTree(dir: string): Promise<void> {
  await rm(dir, { recursive: true, force: true, maxRetries: 3 }).catch(async () => {
    await openUp(dir)
    await rm(dir, { recursive: true, force: true }).catch(() => {})
  })
}

async function openUp(dir: string): Promise<void> {
  await chmod(dir, 0o700).catch(() => {})
  for (const entry of await readdir(dir, { withFileTypes: true }).catch(() => [])) {
    if (entry.isDirectory()) await openUp(join(dir, entry.name))
  }
}
