/** An address space: which pages are mapped, how, and of what. */

/** Where bytes come from. `program`: what the kernel mapped when the program began, or before the run: known by what is done to it only. */
export type RegionKind = 'anonymous' | 'file' | 'shared memory' | 'program'

/** What pages have in common. */
export interface Pages {
  readonly kind: RegionKind
  /** Changes are seen by others, and reach the file. */
  readonly isShared: boolean
  readonly isReadable: boolean
  readonly isWritable: boolean
  readonly isExecutable: boolean
  /** They could be written to before; `undefined` where nobody saw what they were. */
  readonly wasWritable: boolean | undefined
  /** Of files: the path, or `[io_uring]` and the like; absent where it is not known. */
  readonly path?: string | undefined
}

/** Addresses of user space are below 2^53. */
export interface Region {
  readonly from: number
  readonly to: number
  readonly pages: Pages
}

/** Bytes that are mapped. */
export interface MappedBytes {
  /** All that may be read, written or executed: `anonymous` and `file`. */
  readonly mapped: number
  /** Of no file: mmap(MAP_ANONYMOUS), brk(2), shmat(2). */
  readonly anonymous: number
  /** Of files. */
  readonly file: number
  /** Of `mapped`, what others may see: MAP_SHARED, shmat(2). */
  readonly shared: number
  /** Mapped with PROT_NONE, beside `mapped`: addresses that are kept free. */
  readonly reserved: number
}

export const noBytes: MappedBytes = { mapped: 0, anonymous: 0, file: 0, shared: 0, reserved: 0 }

/** The regions of one address space, and their sums. */
export class Regions {
  /** By address, none over another. */
  #all: Region[] = []
  #bytes = noBytes

  get bytes(): MappedBytes {
    return this.#bytes
  }

  list(): readonly Region[] {
    return this.#all
  }

  copy(): Regions {
    const made = new Regions()
    made.#all = [...this.#all]
    made.#bytes = this.#bytes
    return made
  }

  /** What there is of a range, cut to it. */
  within(from: number, to: number): readonly Region[] {
    const found: Region[] = []
    for (let index = this.#firstAfter(from); index < this.#all.length; index++) {
      const region = this.#all[index]
      if (region === undefined || region.from >= to) break
      found.push({ ...region, from: Math.max(from, region.from), to: Math.min(to, region.to) })
    }
    return found
  }

  /** Maps, in the place of what was there. */
  set(from: number, to: number, pages: Pages): void {
    if (to <= from) return
    this.remove(from, to)
    this.#all.splice(this.#firstAfter(from), 0, { from, to, pages })
    this.#bytes = sum(this.#bytes, pages, to - from)
  }

  remove(from: number, to: number): void {
    const start = this.#firstAfter(from)
    let end = start
    const left: Region[] = []
    for (; end < this.#all.length; end++) {
      const region = this.#all[end]
      if (region === undefined || region.from >= to) break
      const { pages } = region
      this.#bytes = sum(this.#bytes, pages, Math.max(from, region.from) - Math.min(to, region.to))
      if (region.from < from) left.push({ from: region.from, to: from, pages })
      if (region.to > to) left.push({ from: to, to: region.to, pages })
    }
    if (end > start) this.#all.splice(start, end - start, ...left)
  }

  /** The first region that ends behind an address. */
  #firstAfter(address: number): number {
    let [low, high] = [0, this.#all.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#all[middle]?.to ?? 0) <= address) low = middle + 1
      else high = middle
    }
    return low
  }
}

function sum(before: MappedBytes, pages: Pages, bytes: number): MappedBytes {
  if (pages.kind === 'program') return before
  if (!pages.isReadable && !pages.isWritable && !pages.isExecutable)
    return { ...before, reserved: before.reserved + bytes }
  const isFile = pages.kind === 'file'
  return {
    ...before,
    mapped: before.mapped + bytes,
    anonymous: before.anonymous + (isFile ? 0 : bytes),
    file: before.file + (isFile ? bytes : 0),
    shared: before.shared + (pages.isShared ? bytes : 0),
  }
}
