// Every connection that a program tries to make, decided by a function of yours, which knows where it goes.
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { trace } from 'syscope'

const server = createServer((socket) => socket.end('hello\n')).listen(0, '127.0.0.1')
await new Promise((resolve) => server.once('listening', resolve))
const { port } = server.address()
const client = `
  const net = require('node:net')
  const tell = (name) => (error) => console.log(name, error?.code ?? 'connected')
  net.connect(${port}, '127.0.0.1').on('connect', tell('ours')).on('error', tell('ours'))
  net.connect(80, '192.0.2.1').on('connect', tell('other')).on('error', tell('other'))`

const tried = []
const run = await trace('node', ['-e', client], {
  filter: 'none',
  intercept: {
    async connect(call) {
      const { addr } = call.args
      if (addr?.sa_family !== 'AF_INET') return
      tried.push(`${addr.sin_addr}:${addr.sin_port}`)
      if (addr.sin_port !== port) return call.deny('ECONNREFUSED')
    },
  },
})
server.close()

console.log(`tried ${tried.join(', ')}`)
console.log(run.stdout)
assert.deepEqual(run.stdout.trim().split('\n').toSorted(), ['other ECONNREFUSED', 'ours connected'])
