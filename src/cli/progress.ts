/** How far long work has come, for who sits at a terminal. */

import { standardError } from './sink.ts'

/** More often than the eye can follow only costs time. */
const leastMs = 50

/** One line of a terminal that is written over, and away in the end; nothing where stderr is no terminal. */
export class ProgressLine {
  readonly #sink = standardError()
  #nextAt: number
  #isShown = false

  /** `afterMs`: what is over before that needs no line. */
  constructor(afterMs = 0) {
    this.#nextAt = performance.now() + afterMs
  }

  /** `isNews`: to be shown even if the line before has only just been. */
  show(line: () => string, isNews = false): void {
    const now = performance.now()
    if (!this.#sink.isTerminal || (!isNews && now < this.#nextAt)) return
    this.#nextAt = now + leastMs
    this.#isShown = true
    this.#sink.write(`\r\u001B[K${line().slice(0, (process.stderr.columns || 80) - 1)}`)
  }

  clear(): void {
    if (this.#isShown) this.#sink.write('\r\u001B[K')
    this.#isShown = false
  }
}
