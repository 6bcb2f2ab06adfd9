/** A folder of somebody who uses syscope: nothing in it but the package and what it is used with, and no Rust on PATH. */
import { execFile, execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { npmCli } from './tools.ts'

export interface Outcome {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface Consumer {
  readonly folder: string
  /** Runs a Node program (this one, unless told) with arguments, in the folder. `env` adds to the environment. */
  node(args: readonly string[], nodePath?: string, env?: Readonly<Record<string, string>>): Promise<Outcome>
  /** Writes a file into the folder. */
  write(name: string, text: string): void
  remove(): void
}

/** What users' own programs and npm need; cargo and rustc are not among them. */
const onPath = ['sh', 'env', 'ls', 'true', 'cat']

/** @param tools a folder with a manifest and node_modules of its own, which the user has installed before */
export async function makeConsumer(registryUrl: string, tools?: string): Promise<Consumer> {
  const folder = mkdtempSync(join(tmpdir(), 'syscope-consumer-'))
  if (tools !== undefined) copyTools(tools, folder)
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  for (const name of onPath) symlinkSync(join('/usr/bin', name), join(bin, name))
  const consumer: Consumer = {
    folder,
    node: (args, nodePath = process.execPath, added = {}) =>
      new Promise((resolve) => {
        // `#!/usr/bin/env node` must find the Node under test.
        rmSync(join(bin, 'node'), { force: true })
        symlinkSync(nodePath, join(bin, 'node'))
        const env = { PATH: bin, HOME: folder, CI: 'true', ...added }
        execFile(nodePath, args, { cwd: folder, env, timeout: 120_000 }, (error, stdout, stderr) => {
          resolve({ exitCode: error === null ? 0 : typeof error.code === 'number' ? error.code : 128, stdout, stderr })
        })
      }),
    write: (name, text) => writeFileSync(join(folder, name), text),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
  if (tools === undefined) consumer.write('package.json', '{ "name": "consumer", "private": true }\n')
  const install = ['install', 'syscope', '--registry', registryUrl, '--no-audit', '--no-fund']
  const { exitCode, stderr } = await consumer.node([npmCli, ...install])
  if (exitCode !== 0) throw new Error(`npm install syscope failed: ${stderr}`)
  return consumer
}

/** The files themselves where both folders are on one disk, but for those that npm writes: packages are not written to. */
function copyTools(from: string, to: string): void {
  const modules = join(from, 'node_modules')
  try {
    execFileSync('cp', ['-al', modules, to], { stdio: 'pipe' })
  } catch {
    execFileSync('cp', ['-a', modules, to])
  }
  rmSync(join(to, 'node_modules', '.package-lock.json'), { force: true })
  copyFileSync(join(from, 'package.json'), join(to, 'package.json'))
}
