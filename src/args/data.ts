/** Bytes that went in or came back. */

import { decodeBytes } from './surrogates.ts'

/**
 * Bytes of a buffer, as many as were recorded.
 *
 * @example
 * String(event.args.buf) === 'hello\n'
 */
export class Data {
  readonly bytes: Uint8Array
  /** How many bytes the call meant; more than `bytes` has where a limit cut it. */
  readonly length: number

  constructor(bytes: Uint8Array, length = bytes.length) {
    this.bytes = bytes
    this.length = length
  }

  /** Whether bytes are missing, because of the string limit or because they could not be read. */
  get truncated(): boolean {
    return this.bytes.length < this.length
  }

  /** As UTF-8; a byte that is none becomes U+DC00 + byte, so that nothing is lost. */
  toString(): string {
    const { bytes } = this
    return decodeBytes(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length)
  }

  toJSON(): { readonly text: string; readonly length: number } {
    return { text: this.toString(), length: this.length }
  }
}
