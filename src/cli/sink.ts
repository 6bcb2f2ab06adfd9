/** Where the trace goes: a descriptor, written to at once, so that what is shown is never behind what happened. */

import { writeSync } from 'node:fs'

/** Thrown where nobody reads the trace any more (EPIPE). */
export class NoReaderError extends Error {
  override readonly name = 'NoReaderError'
}

export interface Sink {
  readonly fd: number
  /** For messages. */
  readonly name: string
  /** Told once about a write that failed for another reason than a missing reader, as a full disk; the run goes on. */
  readonly onFailure: (error: Error) => void
}

/** Writes all of `text`. Waits where a pipe is full. */
export function writeText(sink: Sink, text: string): void {
  if (text === '') return
  const bytes = Buffer.from(text, 'utf8')
  let written = 0
  while (written < bytes.length) {
    try {
      written += writeSync(sink.fd, bytes, written)
    } catch (error) {
      const code = codeOf(error)
      if (code === 'EAGAIN') {
        // Somebody made the descriptor non-blocking; there is no other way to wait for it here.
        Atomics.wait(pause, 0, 0, 2)
      } else if (code === 'EPIPE') {
        throw new NoReaderError(sink.name)
      } else if (code !== 'EINTR') {
        if (error instanceof Error) sink.onFailure(error)
        return
      }
    }
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4))

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
