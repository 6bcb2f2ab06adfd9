// What the scripts share: where the checkout is, how to run a program, how to tell that files changed.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** stdout belongs to the program that is started, so progress goes to stderr. */
export function say(message) {
  process.stderr.write(`syscope: ${message}\n`)
}

/**
 * Runs a program in the checkout, its output on our stderr, and rejects where it fails.
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, hint?: string }} [options]
 * @returns {Promise<void>}
 */
export function run(file, args, { cwd = root, env = {}, hint } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env: { ...process.env, ...env }, stdio: ['ignore', 2, 2] })
    child.on('error', (error) => {
      reject(error.code === 'ENOENT' ? new Failure(`${file} is not installed${hint ? `: ${hint}` : ''}`) : error)
    })
    child.on('exit', (code, signal) => {
      if (code === 0) resolve()
      else reject(new Failure(`\`${[file, ...args].join(' ')}\` failed (${signal ?? `exit status ${code}`})`))
    })
  })
}

/** A failure that its message explains; no stack trace is shown. */
export class Failure extends Error {}

/** For the end of a script: `main().catch(fail)`. */
export function fail(error) {
  say(error instanceof Failure ? error.message : error.stack)
  process.exitCode = 1
}

/**
 * A word that changes when a file below one of the paths is changed, added or removed. Reads no file.
 * @param {readonly string[]} paths relative to the checkout; missing ones count as absent
 * @param {(path: string) => boolean} [wanted]
 */
export function signature(paths, wanted = () => true) {
  const hash = createHash('sha256')
  for (const path of paths.flatMap((it) => filesBelow(it)).filter((it) => wanted(it))) {
    const { mtimeMs, size } = statSync(join(root, path))
    hash.update(`${path}\0${mtimeMs}\0${size}\n`)
  }
  return hash.digest('hex')
}

/** All files below a path of the checkout, sorted; the path itself where it is a file. */
export function filesBelow(path) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false })
  if (stat === undefined) return []
  if (!stat.isDirectory()) return [path]
  return readdirSync(join(root, path))
    .toSorted()
    .flatMap((name) => filesBelow(`${path}/${name}`))
}

/** The text of a file of the checkout, or undefined. */
export function readText(path) {
  try {
    return readFileSync(join(root, path), 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

export function writeText(path, text) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}

/**
 * A generated file of the checkout: written, or with `--check` compared, which fails where `script` would change it.
 * @param {string} path
 * @param {string} text
 * @param {string} script
 */
export function generate(path, text, script) {
  if (readText(path) === text) return
  if (process.argv.includes('--check')) {
    console.error(`${path} is not what its sources say: run \`node ${script}\``)
    process.exitCode = 1
  } else {
    writeText(path, text)
    console.log(`${path}: written`)
  }
}
