import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs'

const state = JSON.stringify({ version: 2, notes: 'x'.repeat(10_000) })
const file = openSync('state.json.new', 'w')
writeSync(file, state) // says how much it wrote, and nobody listens
fsyncSync(file)
closeSync(file)
renameSync('state.json.new', 'state.json')
