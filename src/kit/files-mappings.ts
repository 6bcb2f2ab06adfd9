/** Files that are shared in memory, by address: what is written there is written without a call. */

import type { OpenFile } from './tree-tables.ts'

export interface Mapping {
  readonly from: bigint
  readonly to: bigint
  readonly open: OpenFile
}

/** Shared mappings of files, per process. */
export class Mappings {
  readonly #byPid = new Map<number, readonly Mapping[]>()

  add(pid: number, address: bigint, length: bigint, open: OpenFile): void {
    this.#byPid.set(pid, [...this.of(pid), { from: address, to: address + length, open }])
  }

  of(pid: number): readonly Mapping[] {
    return this.#byPid.get(pid) ?? []
  }

  /** Those that an address range is a part of, or that are part of it. */
  in(pid: number, address: bigint, length: bigint): readonly Mapping[] {
    return this.of(pid).filter(({ from, to }) => from < address + length && to > address)
  }

  remove(pid: number, address: bigint, length: bigint): void {
    const mappings = this.of(pid)
    if (mappings.length === 0) return
    // A mapping of which a part is left counts as a whole.
    this.#byPid.set(
      pid,
      mappings.filter(({ from, to }) => from < address || to > address + length),
    )
  }

  copy(pid: number, child: number): void {
    if (this.#byPid.has(pid)) this.#byPid.set(child, this.of(pid))
  }

  clear(pid: number): void {
    this.#byPid.delete(pid)
  }
}
