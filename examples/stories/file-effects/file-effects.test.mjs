import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { trace } from 'syscope'
import { expect } from 'syscope/expect'

test('the build writes to dist/ and to its temporary directory, and nowhere else', async () => {
  const tmp = mkdtempSync(join(tmpdir(), 'build-'))
  const run = await trace('node', ['build.mjs'], {
    cwd: import.meta.dirname,
    env: { TMPDIR: tmp, HOME: join(import.meta.dirname, 'home') },
    observe: 'files',
  })
  expect(run).toWriteOnlyUnder(['dist', tmp])
})
