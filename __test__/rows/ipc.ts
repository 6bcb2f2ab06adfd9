import { family } from './check.ts'

export const ipc = family({})
