/** A folder of somebody who uses syscope: nothing in it but the package, and no Rust on PATH. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
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
  /** Runs a Node program (this one, unless told) with arguments, in the folder. */
  node(args: readonly string[], nodePath?: string): Promise<Outcome>
  /** Writes a file into the folder. */
  write(name: string, text: string): void
  remove(): void
}

/** What users' own programs and npm need; cargo and rustc are not among them. */
const onPath = ['sh', 'env', 'ls', 'true', 'cat']

export async function makeConsumer(registryUrl: string): Promise<Consumer> {
  const folder = mkdtempSync(join(tmpdir(), 'syscope-consumer-'))
  const bin = join(folder, 'bin')
  mkdirSync(bin)
  for (const name of onPath) symlinkSync(join('/usr/bin', name), join(bin, name))
  const consumer: Consumer = {
    folder,
    node: (args, nodePath = process.execPath) =>
      new Promise((resolve) => {
        // `#!/usr/bin/env node` must find the Node under test.
        rmSync(join(bin, 'node'), { force: true })
        symlinkSync(nodePath, join(bin, 'node'))
        const env = { PATH: bin, HOME: folder, CI: 'true' }
        execFile(nodePath, args, { cwd: folder, env, timeout: 120_000 }, (error, stdout, stderr) => {
          resolve({ exitCode: error === null ? 0 : typeof error.code === 'number' ? error.code : 128, stdout, stderr })
        })
      }),
    write: (name, text) => writeFileSync(join(folder, name), text),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
  consumer.write('package.json', '{ "name": "consumer", "private": true }\n')
  const install = ['install', 'syscope', '--registry', registryUrl, '--no-audit', '--no-fund']
  const { exitCode, stderr } = await consumer.node([npmCli, ...install])
  if (exitCode !== 0) throw new Error(`npm install syscope failed: ${stderr}`)
  return consumer
}
