#!/usr/bin/env node
/**
 * Writes src/record/layout.ts from the engine's record structs, by the engine's example `layout`.
 *
 *   node scripts/layout.mjs            write
 *   node scripts/layout.mjs --check    exit 1 if writing would change anything
 */
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const target = join(root, 'src', 'record', 'layout.ts')

const run = spawnSync('cargo', ['run', '--quiet', '--package', 'syscope-engine', '--example', 'layout'], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
})
if (run.error) throw run.error
if (run.status !== 0) process.exit(run.status ?? 1)

if (!process.argv.includes('--check')) {
  writeFileSync(target, run.stdout)
} else if (readFileSync(target, 'utf8') !== run.stdout) {
  console.error('src/record/layout.ts does not match crates/engine/src/record.rs: run node scripts/layout.mjs')
  process.exitCode = 1
}
