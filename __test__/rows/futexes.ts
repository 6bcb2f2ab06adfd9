import { family } from './check.ts'

export const futexes = family({})
