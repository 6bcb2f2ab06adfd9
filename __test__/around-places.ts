/** Where the fixture `around` (crates/fixtures/src/around.rs) tries its ways: files and servers, new for each attempt. */

import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { trace, type TraceOptions, type TraceResult } from '../index.ts'
import { lazy } from '../src/lazy.ts'

export const fixture = join(import.meta.dirname, '../target/checkout/syscope-fixtures')

/** A directory with a file that nobody may touch, and other ways to it. */
export interface Files {
  readonly directory: string
  /** `secret`, whose content is `treasure`. */
  readonly file: string
  /** The file, open for reading and writing in this process. */
  readonly fd: number
  /** `program`: a copy of the fixture, and open for reading. */
  readonly program: string
  readonly programFd: number
  content(this: void): string
}

export const TREASURE = 'treasure'

/** Runs `use` with new files, which are gone afterwards. */
export async function withFiles<T>(use: (files: Files) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(realpathSync(tmpdir()), 'syscope-around-'))
  const file = join(directory, 'secret')
  const program = join(directory, 'program')
  writeFileSync(file, TREASURE)
  mkdirSync(join(directory, 'beneath'))
  symlinkSync('secret', join(directory, 'link'))
  symlinkSync('link', join(directory, 'link-to-link'))
  symlinkSync(directory, join(directory, 'beneath/up'))
  copyFileSync(fixture, program)
  const [fd, programFd] = [openSync(file, 'r+'), openSync(program, 'r')]
  try {
    return await use({ directory, file, fd, program, programFd, content: () => readFileSync(file, 'utf8') })
  } finally {
    closeSync(fd)
    closeSync(programFd)
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Servers for TCP and UDP on all addresses of this machine, and a connection of this process to the first. */
export interface Servers {
  /** Of both servers. */
  readonly port: number
  /** A port of TCP and UDP of which nobody knows anything; taken. */
  readonly otherPort: number
  /** The connection's descriptor in this process. */
  readonly fd: number
  /** Connections that others made, and messages that they sent, by any protocol; and what came by the connection of this process. */
  arrived(this: void): Promise<{ readonly connections: number; readonly messages: number; readonly data: string }>
}

/** `host`: where this process connects to. */
export async function withServers<T>(host: string, use: (servers: Servers) => Promise<T>): Promise<T> {
  const [one, other] = [await startServer(), await startServer()]
  const connection = connect({ host, port: one.port })
  // What the server says is for the program to read.
  connection.pause()
  await once(connection, 'connect')
  const accepted = await one.accepted(connection)
  let data = ''
  accepted.on('data', (part: Buffer) => (data += part.toString()))
  await new Promise((resolve) => accepted.write(TREASURE, resolve))
  try {
    return await use({
      port: one.port,
      otherPort: other.port,
      fd: descriptorOf(connection),
      async arrived() {
        connection.end()
        if (!accepted.readableEnded) await once(accepted, 'end')
        const counts = [await one.counts(), await other.counts()]
        const total = (what: 'connections' | 'messages') => counts.reduce((sum, it) => sum + it[what], 0)
        return { connections: total('connections') - 1, messages: total('messages'), data }
      },
    })
  } finally {
    connection.destroy()
    one.close()
    other.close()
  }
}

interface Server {
  readonly port: number
  accepted(connection: Socket): Promise<Socket>
  /** What arrived before this was called. */
  counts(): Promise<{ readonly connections: number; readonly messages: number }>
  close(): void
}

async function startServer(): Promise<Server> {
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    // Whoever is denied something resets its connections.
    socket.on('error', () => {})
    socket.resume()
  })
  server.listen({ host: '::', port: 0 })
  await once(server, 'listening')
  // An address of a server that listens on a port is no string.
  const { port } = server.address() as AddressInfo
  const receiver = createSocket('udp6')
  const texts: string[] = []
  receiver.on('message', (message) => texts.push(String(message)))
  receiver.bind(port)
  try {
    await once(receiver, 'listening')
  } catch (error) {
    server.close()
    receiver.close()
    // The port is free for connections, and somebody else's for messages: another one then.
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return await startServer()
    throw error
  }
  const accepted = async (connection: Socket): Promise<Socket> => {
    for (;;) {
      const found = sockets.find((it) => it.remotePort === connection.localPort)
      if (found !== undefined) return found
      await once(server, 'connection')
    }
  }
  return {
    port,
    accepted,
    async counts() {
      // Both queues are first in, first out: what comes after these has not been sent when this was called.
      const last = connect({ host: '127.0.0.1', port })
      await once(last, 'connect')
      await accepted(last)
      last.destroy()
      receiver.send('last', port, '::ffff:127.0.0.1')
      while (!texts.includes('last')) await once(receiver, 'message')
      return { connections: sockets.length - 1, messages: texts.length - 1 }
    },
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
      receiver.close()
    },
  }
}

function descriptorOf(socket: Socket): number {
  // Node tells it nowhere else.
  const { _handle: handle } = socket as unknown as { readonly _handle: { readonly fd: number } }
  return handle.fd
}

/** An IPv4 address of this machine that is not loopback's. */
export function ownAddress(): string | undefined {
  const all = Object.values(networkInterfaces()).flatMap((it) => it ?? [])
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address
}

/** linux/capability.h */
const capabilities = { CAP_DAC_READ_SEARCH: 2n, CAP_NET_RAW: 13n, CAP_SYS_CHROOT: 18n, CAP_SYS_PTRACE: 19n } as const
const AF_PACKET = '17'

/** What this machine lacks for a way, given by its words; `undefined` if it should lead to its end where nobody stops it. */
export function obstacleTo(words: readonly string[]): string | undefined {
  const has = (...some: readonly string[]): boolean => some.some((it) => words.includes(it))
  if (has('chroot') && !isAble('CAP_SYS_CHROOT')) return 'needs CAP_SYS_CHROOT'
  if (has('linked-fd', 'by-handle') && !isAble('CAP_DAC_READ_SEARCH')) return 'needs CAP_DAC_READ_SEARCH'
  if (has('socket', 'socket-high-bits') && has(AF_PACKET) && !isAble('CAP_NET_RAW')) return 'needs CAP_NET_RAW'
  if (has('pidfd-getfd') && !canTakeDescriptors()) return 'needs the right to take descriptors of this process'
  if (words.some((it) => it.includes('io-uring')) && !hasRings()) return 'needs io_uring'
  if (has('::1', '::') && !hasIpv6()) return 'needs IPv6'
  return undefined
}

function isAble(name: keyof typeof capabilities): boolean {
  const effective = /^CapEff:\s*(\w+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  return ((BigInt(`0x${effective}`) >> capabilities[name]) & 1n) === 1n
}

/** Yama lets only parents do that to their children. */
function canTakeDescriptors(): boolean {
  const scope = '/proc/sys/kernel/yama/ptrace_scope'
  return isAble('CAP_SYS_PTRACE') || !existsSync(scope) || readFileSync(scope, 'utf8').trim() === '0'
}

const hasRings = lazy(() => spawnSync(fixture, ['io-uring', 'idle'], { encoding: 'utf8' }).stdout === '1\n')

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'))
}

export type Attempt = TraceResult

/** Runs the fixture `around`. It ends with 0 if it succeeded in all that it tried. */
export async function attempt(words: readonly string[], options: TraceOptions = {}): Promise<Attempt> {
  return await trace(fixture, ['around', ...words], { timeout: 20_000, until: 'tree', ...options })
}

const MOST_AT_ONCE = 8
const waiting: (() => void)[] = []
let running = 0

/** Runs `work` when few others run: all tests of a file start at once. */
export async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running === MOST_AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve))
  else running += 1
  try {
    return await work()
  } finally {
    const next = waiting.shift()
    if (next === undefined) running -= 1
    else next()
  }
}
