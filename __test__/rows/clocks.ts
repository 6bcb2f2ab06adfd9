import { family } from './check.ts'

export const clocks = family({})
