/** The tarballs of what is published, packed once for all the specs of one run of ava. */
import { execFile } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { root } from './tools.ts'

const folder = join(root, 'target', 'test-packages')
const artifacts = join(folder, 'artifacts')
const out = join(folder, 'out')

export function addon(variant: 'gnu' | 'musl'): string {
  return `syscope.linux-x64-${variant}.node`
}

/** The program behind `traceSelf()`. */
function helper(variant: 'gnu' | 'musl'): string {
  return `syscope-helper.linux-x64-${variant}`
}

/** Packs, or waits for the spec that does. Two at a time would build over each other. */
export async function packed(): Promise<readonly string[]> {
  const stamp = join(folder, 'packed-for')
  await alone(join(folder, 'lock'), async () => {
    if (existsSync(stamp) && readFileSync(stamp, 'utf8') === thisRun()) return
    rmSync(stamp, { force: true })
    await pack()
    writeFileSync(stamp, thisRun())
  })
  return readdirSync(out).map((name) => join(out, name))
}

async function pack(): Promise<void> {
  mkdirSync(artifacts, { recursive: true })
  for (const file of [addon, helper]) {
    copyFileSync(join(root, file('gnu')), join(artifacts, file('gnu')))
    // Which package npm takes is decided by its manifest, so a stand-in serves where musl was not built.
    const musl = [join(root, 'target', 'artifacts', file('musl')), join(root, file('gnu'))].find(existsSync)
    copyFileSync(musl ?? '', join(artifacts, file('musl')))
  }
  // As it comes out of a store of artifacts.
  chmodSync(join(artifacts, helper('gnu')), 0o644)
  const script = [join(root, 'scripts', 'pack.mjs'), '--all', '--artifacts', artifacts, '--out', out]
  await promisify(execFile)(process.execPath, script, { cwd: root })
}

/** ava, whose children all specs are: its process id, and when it began. */
function thisRun(): string {
  const stat = readFileSync(`/proc/${process.ppid}/stat`, 'utf8')
  // Field 22, counted from behind the name, which may hold anything.
  const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
  return `${process.ppid} ${started}`
}

async function alone(lock: string, work: () => Promise<void>): Promise<void> {
  mkdirSync(folder, { recursive: true })
  while (!isTaken(lock)) await sleep(200)
  try {
    await work()
  } finally {
    rmSync(lock, { force: true })
  }
}

/** Whether the lock is ours now. One whose owner is gone is removed. */
function isTaken(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    const owner = existsSync(lock) ? readFileSync(lock, 'utf8') : ''
    if (owner !== '' && !existsSync(`/proc/${owner}`)) rmSync(lock, { force: true })
    return false
  }
}
