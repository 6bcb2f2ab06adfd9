import { family } from './check.ts'

export const files = family({})
