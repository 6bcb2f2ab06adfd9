// `npm test [-- pattern …]`: builds what is missing, then runs the tests. Without a pattern, all but those that pack
// and install the package, which take minutes and have `npm run test:package`.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fail, root } from './lib/checkout.mjs'
import { dependencies, fixtures, native, typescript } from './build.mjs'
import { setUp } from './setup.mjs'

const everyday = ['__test__/**/!(package*).spec.ts', 'src/**/*.test.ts']
const given = process.argv.slice(2)
try {
  await setUp({ steps: [dependencies, native, typescript, fixtures] })
  const ava = join(root, 'node_modules/ava/entrypoints/cli.mjs')
  const hasPattern = given.some((argument) => !argument.startsWith('-'))
  const child = spawn(process.execPath, [ava, ...given, ...(hasPattern ? [] : everyday)], {
    cwd: root,
    stdio: 'inherit',
  })
  // A terminal's Ctrl-C reaches ava as well; it ends the tests, and we report how.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
  child.on('exit', (code) => (process.exitCode = code ?? 1))
} catch (error) {
  fail(error)
}
