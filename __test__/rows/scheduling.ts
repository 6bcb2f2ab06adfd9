import { family } from './check.ts'

export const scheduling = family({})
