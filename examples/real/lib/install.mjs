// Installs packages below target/real, once: what is there already is used again.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const cache = fileURLToPath(new URL('../../../target/real/', import.meta.url))

/**
 * @param {string} name of the folder below target/real
 * @param {Readonly<Record<string, string>>} packages name (or alias) and exact version, as in `dependencies`
 * @returns {string | undefined} path of the folder; `undefined` without a registry, which is said aloud
 */
export function install(name, packages) {
  const folder = join(cache, name)
  const wanted = JSON.stringify({ private: true, dependencies: packages }, undefined, 2)
  const stamp = join(folder, 'installed.json')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return folder
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), wanted)
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error']
  const { status, stderr } = spawnSync('npm', ['install', ...options, '--fetch-retries=1', '--fetch-timeout=30000'], {
    cwd: folder,
    encoding: 'utf8',
  })
  if (status === 0) {
    writeFileSync(stamp, wanted)
    return folder
  }
  if (!/E(AI_AGAIN|NOTFOUND|CONNREFUSED|TIMEDOUT|CONNRESET|NETUNREACH|HOSTUNREACH|NOTCACHED)|network/.test(stderr)) {
    throw new Error(`npm install in ${folder}: ${stderr}`)
  }
  console.log(
    `SKIPPED: the registry can't be reached, and these are not installed yet: ${Object.keys(packages).join(', ')}`,
  )
  return undefined
}
