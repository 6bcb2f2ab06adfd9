import { family } from './check.ts'

export const poll = family({})
