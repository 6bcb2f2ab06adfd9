import { family } from './check.ts'

export const security = family({})
