// Saves as it should be done: write beside, sync, rename, sync the directory.
import { open, rename } from 'node:fs/promises'

const file = await open('state.json.new', 'w')
await file.writeFile('{"version":2}')
await file.sync()
await file.close()
await rename('state.json.new', 'state.json')
const directory = await open('.')
await directory.sync()
await directory.close()
