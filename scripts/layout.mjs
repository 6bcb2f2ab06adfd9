#!/usr/bin/env node
/**
 * Writes src/record/layout.ts from the engine's record structs, by the engine's example `layout`.
 *
 *   node scripts/layout.mjs            write
 *   node scripts/layout.mjs --check    exit 1 if writing would change anything
 */
import { spawnSync } from 'node:child_process'
import { generate, root } from './lib/checkout.mjs'

const run = spawnSync('cargo', ['run', '--quiet', '--package', 'syscope-engine', '--example', 'layout'], {
  cwd: root,
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'inherit'],
})
if (run.error) throw run.error
if (run.status !== 0) process.exit(run.status ?? 1)

generate('src/record/layout.ts', run.stdout, 'scripts/layout.mjs')
