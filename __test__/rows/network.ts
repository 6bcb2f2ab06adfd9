import { family } from './check.ts'

export const network = family({})
