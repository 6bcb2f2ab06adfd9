// What a program does when its disk fails under it: the first fsync of the file that it saves fails, and nothing else does.
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { trace } from 'syscope'

const folder = mkdtempSync(join(tmpdir(), 'example-'))
process.on('exit', () => rmSync(folder, { recursive: true }))
writeFileSync(join(folder, 'state.json'), '{"version":1}')
const save = `
  const fs = require('node:fs')
  const fd = fs.openSync('state.json.new', 'w')
  fs.writeSync(fd, '{"version":2}')
  fs.fsyncSync(fd)
  fs.renameSync('state.json.new', 'state.json')`

const run = await trace('node', ['-e', save], {
  cwd: folder,
  filter: 'fsync,rename',
  inject: [
    { syscall: 'fsync', path: '**/state.json*', nth: 1, error: 'EIO' },
    // Whatever else it writes to files goes out one byte at a time.
    { syscall: 'write', path: `${folder}/`, args: { count: 1 } },
  ],
})

for (const event of run.events) if (event.type === 'syscall') console.log(String(event))
const [fsync, write] = run.rules
console.log(`fsync failed ${fsync?.acted} time, ${write?.acted} writes were short; it ended with ${run.exitCode}`)
assert.equal(fsync?.acted, 1)
assert.notEqual(run.exitCode, 0)
assert.equal(readFileSync(join(folder, 'state.json'), 'utf8'), '{"version":1}')
