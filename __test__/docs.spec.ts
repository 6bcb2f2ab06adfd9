/** The TypeScript of the documents holds what it says: it is compiled. */

import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'

const root = join(import.meta.dirname, '..')
const folder = join(root, 'target/test-docs')

test('examples in the documents compile', async (t) => {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const documents = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)]
  let count = 0
  for (const document of documents.filter((name) => name.endsWith('.md'))) {
    const text = readFileSync(join(root, document), 'utf8')
    for (const [index, [, code = '']] of [...text.matchAll(/^```ts\n(.*?)^```$/gms)].entries()) {
      // An example goes on where the one before it ended: what it imports is known.
      const imports = code.includes("from 'syscope'") ? '' : "import { attach, trace } from 'syscope'\n"
      writeFileSync(join(folder, `${document.replaceAll(/\W/g, '-')}-${index}.ts`), `${imports}${code}`)
      count += 1
    }
  }
  t.true(count > 10)
  const options = {
    extends: '../../tsconfig.json',
    compilerOptions: {
      noEmit: true,
      rootDir: '../..',
      paths: { syscope: ['../../index.ts'], 'syscope/*': ['../../src/adapters/*.ts'] },
    },
    include: ['*.ts', '../../src/adapters/runners.d.ts'],
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  await t.notThrowsAsync(
    promisify(execFile)(process.execPath, [tsc, '-p', folder]).catch((error: unknown) => {
      // tsc says what is wrong on its standard output.
      throw new Error(String((error as { readonly stdout?: string }).stdout))
    }),
  )
})
