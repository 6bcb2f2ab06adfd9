import { family } from './check.ts'

export const aio = family({})
