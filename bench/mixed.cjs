// What a server and its clients do: `mixed.cjs FOLDER TURNS` replaces files, talks over TCP, and starts a program now and then.
const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const net = require('node:net')
const path = require('node:path')
const [folder, turns] = process.argv.slice(2)

/** As careful programs do: whole or not at all. */
function replace(name, text) {
  const file = path.join(folder, name)
  const beside = `${file}.tmp`
  const fd = fs.openSync(beside, 'w')
  fs.writeSync(fd, text)
  fs.closeSync(fd)
  fs.renameSync(beside, file)
  fs.readFileSync(file)
}

async function talk(port, turn) {
  const socket = net.connect({ port, host: '127.0.0.1' })
  for (let message = 0; message < 4; message++) {
    socket.write(`${turn} ${message}`)
    await new Promise((resolve) => {
      socket.once('data', resolve)
    })
  }
  socket.destroy()
}

const server = net.createServer((socket) => socket.on('data', (data) => socket.write(data)).on('error', () => {}))
server.listen(0, '127.0.0.1', async () => {
  const { port } = server.address()
  for (let turn = 0; turn < Number(turns); turn++) {
    replace(`file${turn % 100}`, String(turn))
    await talk(port, turn)
    if (turn % 50 === 0) spawnSync('true')
  }
  server.close()
})
