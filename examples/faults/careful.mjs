// Adds a note to notes.json: the old file stays until the new one is whole, and on the disk.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'

const temporary = `notes.json.${process.pid}.tmp`
try {
  const notes = JSON.parse(readFileSync('notes.json', 'utf8'))
  notes.push(process.argv[2])
  const file = openSync(temporary, 'wx')
  writeFileSync(file, JSON.stringify(notes)) // Goes on until all is written.
  fsyncSync(file)
  closeSync(file)
  renameSync(temporary, 'notes.json')
  console.log(`${notes.length} notes`)
} catch (error) {
  rmSync(temporary, { force: true })
  console.error(`The note is not added: ${error.message}`)
  process.exitCode = 1
}
