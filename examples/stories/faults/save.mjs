import { renameSync, rmSync, writeFileSync } from 'node:fs'

const state = JSON.stringify({ version: 2, notes: 'x'.repeat(10_000) })
try {
  writeFileSync('state.json.new', state, { flush: true }) // goes on until all is written, or throws
  renameSync('state.json.new', 'state.json')
} catch (error) {
  rmSync('state.json.new', { force: true })
  console.error(`The state is not saved: ${error.message}`)
  process.exitCode = 1
}
