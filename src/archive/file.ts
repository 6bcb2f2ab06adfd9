/** A file that is read in pieces. */

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { invalid } from '../checks.ts'
import { badTrace } from './errors.ts'

/** Files that nobody closes are closed when nobody holds them any more. */
const registry = new FinalizationRegistry<number>((fd) => closeSync(fd))

export class TraceFile {
  readonly path: string
  readonly size: number
  #fd: number | undefined

  /** Throws ERR_SYSCOPE_BAD_TRACE, with `errno`, where the file cannot be read. */
  constructor(path: string) {
    this.path = path
    const fd = tryTo(path, () => openSync(path, 'r'))
    try {
      const stat = tryTo(path, () => fstatSync(fd))
      if (!stat.isFile()) throw badTrace(path, 'is no file that can be read in any order')
      this.size = stat.size
    } catch (error) {
      closeSync(fd)
      throw error
    }
    this.#fd = fd
    registry.register(this, fd, this)
  }

  /** The bytes from `offset` on; fewer than `length` where the file ends. */
  read(offset: number, length: number): Buffer {
    const fd = this.#fd
    if (fd === undefined)
      throw invalid(`${this.path}: this trace was closed, and what is asked for was not read before`)
    const bytes = Buffer.alloc(Math.max(0, Math.min(length, this.size - offset)))
    let at = 0
    while (at < bytes.length) {
      const read = tryTo(this.path, () => readSync(fd, bytes, at, bytes.length - at, offset + at))
      if (read === 0) break
      at += read
    }
    return bytes.subarray(0, at)
  }

  close(): void {
    if (this.#fd === undefined) return
    registry.unregister(this)
    closeSync(this.#fd)
    this.#fd = undefined
  }
}

function tryTo<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw badTrace(path, 'cannot be read', error)
  }
}
