// What a test suite is made of: a local server, a worker, Python, curl. All of it stays on this machine.
import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'

const run = promisify(execFile)
const server = createServer((request, response) => response.end('[1,2]')).listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address()

await once(new Worker("console.log('worker')", { eval: true }), 'exit')
await run('python3', ['-c', "print('python')"])
await run('curl', ['-s', `http://127.0.0.1:${port}/`])
server.close()
