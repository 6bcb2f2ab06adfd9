// Saves with one of the packages: node save.cjs PACKAGE FILE BYTES
const { createRequire } = require('node:module')
const { join } = require('node:path')
const { promisify } = require('node:util')

const [name, file, bytes] = process.argv.slice(2)
const content = 'x'.repeat(Number(bytes))
// As if this file stood where they are installed.
const installed = createRequire(join(process.cwd(), 'save.cjs'))
const savers = {
  atomically: async () => (await import(installed.resolve('atomically'))).writeFile(file, content),
  'fast-write-atomic': () => installed('fast-write-atomic').promise(file, content),
  'fs-extra': () => installed('fs-extra').outputFile(file, content),
  steno: async () => new (await import(installed.resolve('steno'))).Writer(file).write(content),
}
// All else are versions of write-file-atomic, whose first ones take a callback.
const save = savers[name] ?? (() => promisify(installed(name))(file, content))
save().catch((error) => {
  console.error(String(error))
  process.exitCode = 1
})
