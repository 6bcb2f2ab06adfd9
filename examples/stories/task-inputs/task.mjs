import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'

const minify = existsSync('src/minify.json')
mkdirSync('out', { recursive: true })
const source = readFileSync('src/index.js', 'utf8')
writeFileSync('out/index.js', minify ? source.trim() : source)
