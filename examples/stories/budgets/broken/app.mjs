import { existsSync, readFileSync } from 'node:fs'

existsSync('/@mark/begin')
// Looks in every place where it might be, and reads it once more.
const places = ['config.yaml', 'config.yml', '.configrc', 'config.json']
export const config = JSON.parse(
  readFileSync(
    places.find((place) => existsSync(place)),
    'utf8',
  ),
)
export const port = process.env.PORT ?? JSON.parse(readFileSync('config.json', 'utf8')).port
existsSync('/@mark/end')
