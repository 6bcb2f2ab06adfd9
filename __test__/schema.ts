/** The JSON Schema of events, compiled once. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { lazy } from '../src/lazy.ts'

const validator = lazy(() => {
  const schema: object = JSON.parse(readFileSync(join(import.meta.dirname, '../schema/events-1.json'), 'utf8'))
  // What stands in `if` has no type of its own.
  return new Ajv2020({ strict: true, strictTypes: false, strictTuples: false }).compile(schema)
})

/** What a line of `syscope --json` has that the schema does not allow; `undefined` where all is right. */
export function violation(line: unknown): string | undefined {
  const validate = validator()
  if (validate(line)) return undefined
  const places = (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message ?? ''}`)
  // Of the alternatives that do not fit, the deepest says most.
  return places.toSorted((a, b) => b.split('/').length - a.split('/').length)[0] ?? 'no reason given'
}
