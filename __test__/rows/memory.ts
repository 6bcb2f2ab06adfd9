import { family } from './check.ts'

export const memory = family({})
