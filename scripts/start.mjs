// `npm start -- command args`: builds what is missing, then is the command-line program. It runs in this very process,
// so that exit status, signals and terminal are its own.
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { fail, root } from './lib/checkout.mjs'
import { setUp } from './setup.mjs'

const bin = join(root, 'dist/src/cli/bin.js')
try {
  await setUp()
  process.argv[1] = bin
  await import(pathToFileURL(bin).href)
} catch (error) {
  fail(error)
}
