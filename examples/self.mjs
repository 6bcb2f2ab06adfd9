// Does this function fsync? Asked of the functions themselves, in the process that they run in.
import assert from 'node:assert/strict'
import { closeSync, fsyncSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { traceSelf } from 'syscope'

const folder = mkdtempSync(join(tmpdir(), 'example-'))
process.on('exit', () => rmSync(folder, { recursive: true }))
const path = join(folder, 'state.json')

const ways = {
  writeFileSync: () => writeFileSync(path, '{}'),
  'fs.promises.writeFile with flush': () => writeFile(path, '{}', { flush: true }),
  'by hand': () => {
    const fd = openSync(path, 'w')
    writeSync(fd, '{}')
    fsyncSync(fd)
    closeSync(fd)
  },
}

const durable = []
for (const [name, save] of Object.entries(ways)) {
  const run = await traceSelf(save)
  assert.ok(run.complete)
  const synced = run.syscalls('fsync', 'fdatasync')
  console.log(`${name}: ${synced.length === 0 ? 'no' : synced.map(String).join(', ')}`)
  if (synced.length > 0) durable.push(name)
}
assert.deepEqual(durable, ['fs.promises.writeFile with flush', 'by hand'])

// And how does it take it when the disk fails?
const failing = await traceSelf(() => assert.throws(ways['by hand'], { code: 'EIO' }), {
  filter: ['fsync'],
  inject: { syscall: 'fsync', error: 'EIO' },
})
console.log(failing.text())
