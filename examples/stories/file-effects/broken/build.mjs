import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

mkdirSync('dist', { recursive: true })
writeFileSync('dist/index.js', 'export {}')
// A cache in the home of whoever runs the tests; a file beside dist/, by a way that looks as if it were in it; and a child.
mkdirSync(join(homedir(), '.cache'), { recursive: true })
writeFileSync(join(homedir(), '.cache/build.json'), '{}')
symlinkSync('..', 'dist/parent')
writeFileSync('dist/parent/version.txt', '1')
execFileSync('sh', ['-c', 'echo built >> build.log'])
