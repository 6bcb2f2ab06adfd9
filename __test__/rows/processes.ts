import { family } from './check.ts'

export const processes = family({})
