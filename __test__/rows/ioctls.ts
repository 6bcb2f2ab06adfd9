import { family } from './check.ts'

export const ioctls = family({})
