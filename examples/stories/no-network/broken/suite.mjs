// The suite blocks the network the way it is often done. A worker, Python, curl and a look-up of a name all get past that.
import { execFile } from 'node:child_process'
import dns from 'node:dns'
import { once } from 'node:events'
import net from 'node:net'
import { promisify } from 'node:util'
import { Worker } from 'node:worker_threads'

net.Socket.prototype.connect = () => {
  throw new Error('There is no network in tests')
}
const connect = "require('node:net').connect(443, '192.0.2.1').on('error', () => {})"
const run = (...command) => promisify(execFile)(...command).catch(() => {})

await once(new Worker(connect, { eval: true }), 'exit')
await run('python3', ['connect.py'])
await run('curl', ['-s', '--max-time', '5', 'http://192.0.2.3/'])
dns.setServers(['192.0.2.53'])
await new Promise((resolve) => dns.resolve4('api.example', resolve))
