/** The threads that are traced, as far as the events have told. */
export class Tracees {
  readonly #known = new Set<number>()
  /** Threads that were attached to and have not been heard of. */
  #unheard = 0

  get count(): number {
    return this.#known.size + this.#unheard
  }

  /** True where it is news that this thread is traced; the first one never is. */
  add(tid: number): boolean {
    if (this.#known.has(tid)) return false
    const isNews = this.#known.size > 0 && this.#unheard === 0
    this.#known.add(tid)
    if (this.#unheard > 0) this.#unheard--
    return isNews
  }

  /** Attached to, with so many threads. */
  expect(pid: number, threads: number): void {
    this.#known.add(pid)
    this.#unheard += threads - 1
  }

  remove(tid: number): void {
    this.#known.delete(tid)
  }
}
