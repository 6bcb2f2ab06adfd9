/** Where the trace goes: written as soon as the engine hands it over, which is within 20 ms of what happened. */

import { spawn } from 'node:child_process'
import { closeSync, openSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { encodeString } from '../../index.ts'
import { failureWords } from './errno-words.ts'
import { say } from './say.ts'
import type { Settings } from './settings.ts'
import { ValueError } from './values.ts'

/** Thrown where nobody reads the trace any more (EPIPE). */
export class NoReaderError extends Error {
  override readonly name = 'NoReaderError'
}

export interface Sink {
  readonly isTerminal: boolean
  write(text: string): void
  /** Resolves when all has gone out. */
  close(): Promise<void>
}

export function standardError(): Sink {
  return { isTerminal: isatty(2), write: (text) => writeFully(2, text, () => {}), close: async () => {} }
}

/** For what is asked for instead of a trace: throws `ValueError` where it cannot be written. */
export function standardOutput(): Sink {
  const onFailure = (error: Error): void => {
    throw new ValueError(`standard output: ${failureWords(codeOf(error) ?? error.message)}`)
  }
  return { isTerminal: isatty(1), write: (text) => writeFully(1, text, onFailure), close: async () => {} }
}

/** Where -o says; `usual` says where else. With -ff files are opened thread by thread. */
export function openSink({ output, append, separately }: Settings, usual: () => Sink): Sink {
  if (output === undefined || (separately && !isCommandLine(output))) return usual()
  return isCommandLine(output) ? openCommand(output.slice(1)) : openFile(output, append)
}

/** Before anything is run for the file. Throws `ValueError`. */
export function checkWritable(path: string): void {
  closeSync(openOutput(path, true))
}

/** Throws `ValueError` where the file cannot be opened. */
export function openFile(path: string, isAppending: boolean): Sink {
  const fd = openOutput(path, isAppending)
  let hasFailed = false
  const onFailure = (error: Error): void => {
    // As on a full disk: said once, and the program goes on.
    if (!hasFailed) say(`${path}: ${failureWords(codeOf(error) ?? error.message)}`)
    hasFailed = true
  }
  return {
    isTerminal: isatty(fd),
    write: (text) => writeFully(fd, text, onFailure),
    close: async () => closeSync(fd),
  }
}

/** Into the standard input of a shell command. What comes once it has gone is lost; the program goes on, as with strace. */
export function openCommand(command: string): Sink {
  const child = spawn('/bin/sh', ['-c', command], { stdio: ['pipe', 'inherit', 'inherit'] })
  const closed = new Promise<void>((resolve) => {
    child.on('close', () => resolve())
    child.on('error', () => resolve())
  })
  child.stdin.on('error', () => {})
  return {
    isTerminal: false,
    write(text) {
      if (child.stdin.writable) child.stdin.write(text)
    },
    async close() {
      child.stdin.end()
      await closed
    },
  }
}

function openOutput(path: string, isAppending: boolean): number {
  try {
    return openSync(Buffer.from(encodeString(path)), isAppending ? 'a' : 'w')
  } catch (error) {
    throw new ValueError(`Can't fopen '${path}': ${failureWords(codeOf(error) ?? String(error))}`)
  }
}

/** Writes all of `text`. Waits where a pipe is full. */
function writeFully(fd: number, text: string, onFailure: (error: Error) => void): void {
  if (text === '') return
  const bytes = encodeString(text)
  let written = 0
  while (written < bytes.length) {
    try {
      written += writeSync(fd, bytes, written)
    } catch (error) {
      const code = codeOf(error)
      if (code === 'EAGAIN') {
        // Somebody made the descriptor non-blocking; there is no other way to wait for it here.
        Atomics.wait(pause, 0, 0, 2)
      } else if (code === 'EPIPE') {
        throw new NoReaderError(String(fd))
      } else if (code !== 'EINTR') {
        if (error instanceof Error) onFailure(error)
        return
      }
    }
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4))

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}

/** Whether -o names a command to pipe into. */
export function isCommandLine(output: string): boolean {
  return output.startsWith('|') || output.startsWith('!')
}
