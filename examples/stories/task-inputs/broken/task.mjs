import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'

mkdirSync('out', { recursive: true })
// What it writes depends on a file that the cache of the task runner knows nothing of.
const banner = readFileSync('banner.txt', 'utf8')
writeFileSync('out/index.js', banner + readFileSync('src/index.js', 'utf8'))
