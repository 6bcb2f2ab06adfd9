/** The type that scripts/policy-schema.mjs describes as JSON Schema, under a name that it can find. */

export type { PolicyDocument as Described } from '../src/policy/types.ts'
