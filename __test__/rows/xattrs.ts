import { family } from './check.ts'

export const xattrs = family({})
