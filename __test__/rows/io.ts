import { family } from './check.ts'

export const io = family({})
