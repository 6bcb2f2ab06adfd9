// The program under test: writes a greeting into a file.
import { writeFileSync } from 'node:fs'

const [, , file, name = 'world'] = process.argv
writeFileSync(file, `Hello, ${name}!\n`)
