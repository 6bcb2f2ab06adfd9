// Adds a note to notes.json, as it is often done. It passes every test, and has two bugs.
import { closeSync, fstatSync, openSync, readSync, writeFileSync } from 'node:fs'

const file = openSync('notes.json')
const bytes = Buffer.alloc(fstatSync(file).size)
readSync(file, bytes) // May read less than all of it.
closeSync(file)
const notes = JSON.parse(bytes)
notes.push(process.argv[2])
writeFileSync('notes.json', JSON.stringify(notes)) // Empties it first: if it can't write then, all notes are lost.
console.log(`${notes.length} notes`)
