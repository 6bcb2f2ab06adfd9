/** The command's pipes, as Node streams over descriptors that the engine made. */

import { once } from 'node:events'
import { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises'
import type { TextEncoding } from './options.ts'

/** All who were traced are gone by then, so that what they wrote is already there. */
const idleMs = 100

/** Collects what comes through a pipe, while others may read the stream too. */
export class Output {
  readonly stream: Readable
  readonly #socket: Socket
  readonly #parts: Buffer[] = []

  constructor(fd: number) {
    this.#socket = new Socket({ fd, readable: true, writable: false })
    this.stream = this.#socket
    this.#socket.on('data', (part: Buffer) => {
      this.#parts.push(part)
    })
    // The end of the run tells what happened; a broken pipe alone must not end this process.
    this.#socket.on('error', ignore)
  }

  value(encoding: TextEncoding | 'buffer'): string | Uint8Array {
    const all = Buffer.concat(this.#parts)
    return encoding === 'buffer' ? new Uint8Array(all.buffer, all.byteOffset, all.length) : all.toString(encoding)
  }

  /** Waits for the end of the pipe. Somebody who is not traced may hold it open: then until no data came for a while. */
  async closed(): Promise<void> {
    if (this.#socket.destroyed) return
    const isClosed = once(this.#socket, 'close').then(() => true)
    while (!(await Promise.race([isClosed, this.#isIdle()])));
  }

  /** Whether nothing came for a while. A reader who paused the stream has not seen everything yet. */
  async #isIdle(): Promise<boolean> {
    const seen = this.#parts.length
    await sleep(idleMs)
    // Timers that are late come before the data that waited with them.
    await immediate()
    return this.#parts.length === seen && !this.#socket.isPaused()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  ref(): void {
    this.#socket.ref()
  }

  unref(): void {
    this.#socket.unref()
  }
}

/** The command's standard input. `input` is written, and ends it. */
export function makeStdin(fd: number, input: string | Uint8Array | undefined): Socket {
  const socket = new Socket({ fd, readable: false, writable: true })
  // A command may end without having read everything.
  socket.on('error', ignore)
  if (input !== undefined) socket.end(input)
  return socket
}

function ignore(): void {}
