import { family } from './check.ts'

export const mounts = family({})
