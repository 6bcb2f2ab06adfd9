// What breaks when the disk is full or fails? Two scripts that do the same, and sqlite3, which was tested like this.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { faults } from 'syscope'

const fixture = new URL('faults/', import.meta.url)
const errors = ['ENOSPC', 'EIO', 'short-read', 'short-write']

const sloppy = await faults(['node', 'sloppy.mjs', 'buy milk'], { fixture, errors, path: './notes.json' })
console.log(`${sloppy}\n`)
assert.deepEqual(
  sloppy.bugs.map(({ call, fault, verdict }) => [call, fault, verdict]),
  [
    ['read', 'short-read', 'failed'],
    ['write', 'ENOSPC', 'torn'],
    ['write', 'EIO', 'torn'],
  ],
)

const careful = await faults(['node', 'careful.mjs', 'buy milk'], { fixture, errors, path: './notes.json*' })
console.log(`${careful}\n`)
assert.deepEqual(careful.bugs, [])

if (spawnSync('sqlite3', ['--version']).status === 0) {
  const sql =
    "BEGIN; INSERT INTO notes VALUES ('buy milk'); INSERT INTO notes VALUES ('buy eggs'); COMMIT; SELECT * FROM notes"
  const sqlite = await faults(['sqlite3', '-bail', 'notes.db', sql], {
    fixture,
    errors,
    setup: (dir) => execFileSync('sqlite3', ['notes.db', 'CREATE TABLE notes (text)'], { cwd: dir }),
    // After a failure the journal has what it takes to go back; so the database is compared, not its bytes.
    state: (dir) => execFileSync('sqlite3', ['notes.db', '.dump'], { cwd: dir, encoding: 'utf8' }),
  })
  console.log(String(sqlite))
  // The database holds. Only what it prints can be lost without a word.
  assert.ok(sqlite.bugs.every((bug) => bug.target === 'fd 1'))
}
