// Brings a checkout to the point where it runs: dependencies, native addon, compiled TypeScript, each only where it is
// missing or older than its sources. Needs nothing but Node and Rust. Says what it does on stderr, and only then.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { dependencies, fixtures, native, typescript } from './build.mjs'
import { fail, root, say } from './lib/checkout.mjs'

/**
 * @param {{ force?: boolean, steps?: readonly import('./build.mjs').Step[] }} [options] `force` builds what is up to
 *   date, too
 * @returns {Promise<void>}
 */
export async function setUp({ force = false, steps = [dependencies, native, typescript] } = {}) {
  const isDue = (step) => steps.includes(step) && (step.isDue() || (force && step !== dependencies))
  if (!steps.some((step) => isDue(step))) return
  await withLock(async () => {
    // Asked again, one by one: whoever held the lock may have done the work.
    const makeIfDue = async (step) => {
      if (isDue(step)) await make(step)
    }
    // cargo needs no node_modules, so the long build runs while npm installs.
    const compiled = makeIfDue(native).then(() => makeIfDue(fixtures))
    await Promise.all([compiled, makeIfDue(dependencies).then(() => makeIfDue(typescript))])
  })
}

async function make(step) {
  say(`${step.says} …`)
  const started = performance.now()
  await step.make()
  say(`${step.says}: ${((performance.now() - started) / 1000).toFixed(1)} s`)
}

/**
 * Two commands that are started together in a new clone would build over each other.
 * @param {() => Promise<void>} work
 */
async function withLock(work) {
  const lock = join(root, 'target', 'setup.lock')
  mkdirSync(join(root, 'target'), { recursive: true })
  while (!take(lock)) await sleep(100)
  try {
    await work()
  } finally {
    rmSync(lock, { force: true })
  }
}

function take(lock) {
  try {
    writeFileSync(lock, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (!isHeld(lock)) rmSync(lock, { force: true })
    return false
  }
}

/** Whether the process that took the lock still lives. */
function isHeld(lock) {
  try {
    const holder = Number(readFileSync(lock, 'utf8'))
    // 0: the holder has made the file and not yet written its pid.
    if (holder !== 0) process.kill(holder, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  setUp({ force: process.argv.includes('--force') }).catch(fail)
}
