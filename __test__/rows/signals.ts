import { family } from './check.ts'

export const signals = family({})
