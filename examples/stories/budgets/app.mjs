import { existsSync, readFileSync } from 'node:fs'

existsSync('/@mark/begin')
export const config = JSON.parse(readFileSync('config.json', 'utf8'))
existsSync('/@mark/end')
