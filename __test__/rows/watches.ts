import { family } from './check.ts'

export const watches = family({})
