import { readFileSync } from 'node:fs'

console.log(readFileSync('app.mjs', 'utf8').length)
