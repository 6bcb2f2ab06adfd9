import { spawn } from 'node:child_process'
import { once } from 'node:events'

const env = { ...process.env, TOKEN: undefined }
const server = spawn('node', ['server.mjs'], { env })
await once(server.stdout, 'data')
server.kill()
await once(server, 'exit')
