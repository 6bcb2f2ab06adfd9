/** Bytes, little-endian, as they grow. */

const FIRST_SIZE = 4096

export class Writer {
  #view = new DataView(new ArrayBuffer(FIRST_SIZE))
  #length = 0

  u8(value: number): void {
    // Taken before the view is looked at, here and below: taking may replace it.
    const at = this.#take(1)
    this.#view.setUint8(at, value)
  }

  u16(value: number): void {
    const at = this.#take(2)
    this.#view.setUint16(at, value, true)
  }

  u32(value: number): void {
    const at = this.#take(4)
    this.#view.setUint32(at, value, true)
  }

  u64(value: bigint): void {
    const at = this.#take(8)
    this.#view.setBigUint64(at, value, true)
  }

  raw(bytes: Uint8Array): void {
    const at = this.#take(bytes.length)
    new Uint8Array(this.#view.buffer).set(bytes, at)
  }

  /** Room for a number that is known later; returns where. */
  reserveU16(): number {
    return this.#take(2)
  }

  reserveU32(): number {
    return this.#take(4)
  }

  fillU16(at: number, value: number): void {
    this.#view.setUint16(at, value, true)
  }

  fillU32(at: number, value: number): void {
    this.#view.setUint32(at, value, true)
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.#view.buffer.slice(0, this.#length))
  }

  #take(size: number): number {
    const at = this.#length
    this.#length += size
    if (this.#length > this.#view.byteLength) {
      const grown = new Uint8Array(Math.max(this.#length, this.#view.byteLength * 2))
      grown.set(new Uint8Array(this.#view.buffer))
      this.#view = new DataView(grown.buffer)
    }
    return at
  }
}
