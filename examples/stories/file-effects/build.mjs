import { mkdirSync, mkdtempSync, renameSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

mkdirSync('dist', { recursive: true })
writeFileSync(join(mkdtempSync(join(tmpdir(), 'stage-')), 'part.js'), 'export {}')
writeFileSync('dist/index.js.new', 'export {}')
renameSync('dist/index.js.new', 'dist/index.js')
