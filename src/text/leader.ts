/** What stands in front of a line: process id, time, number of the call, address of the instruction. */

import { CAPTURE_KEY, SYSCALL } from '../record/layout.ts'
import { pidDetails, type PidDetails, type Style } from '../args/arg.ts'
import { nameText } from '../args/descriptor.ts'
import { fraction, type Precision, type TextOptions } from './options.ts'
import { callNumber, callStartNs, recordTimeNs } from './record.ts'
import { isCall } from './call.ts'
import type { TextSource } from './source.ts'

/** What stands in front of lines. */
export interface LeaderOptions {
  /** Pid in front of each line: `[pid 7] ` while several threads are traced, `7     ` always, or never. @default 'when-several' */
  readonly pids?: 'when-several' | 'always' | 'never'
  /** Time of day or seconds since 1970 (strace -t, -ttt); `realtimeOffsetNs` is CLOCK_REALTIME − CLOCK_MONOTONIC. @default none */
  readonly clock?: {
    readonly format: 'time' | 'unix'
    readonly precision: Precision
    readonly realtimeOffsetNs: bigint
  }
  /** Time since the line before, with so many digits (strace -r). @default none */
  readonly sinceLast?: Precision
  /** Number of the call (strace -n). @default false */
  readonly numbers?: boolean
  /** Address of the instruction after the call (strace -i). @default false */
  readonly instructionPointers?: boolean
}

export class Leader {
  readonly #options: LeaderOptions & Pick<TextOptions, 'decodePids' | 'hexStrings'>
  readonly #nameStyle: Pick<Style, 'hexStrings'> & { readonly decodePids: PidDetails }
  /** What threads call themselves, as text. */
  readonly #names = new Map<number, string>()
  readonly #isPlain: boolean
  readonly #lastNumbers = new Map<number, string>()
  #lastNs: bigint | undefined
  #second = -1n
  #clockText = ''

  constructor(options: LeaderOptions & Pick<TextOptions, 'decodePids' | 'hexStrings'>) {
    this.#options = options
    this.#nameStyle = { decodePids: pidDetails(options.decodePids), hexStrings: options.hexStrings ?? 'none' }
    const { clock, sinceLast, numbers = false, instructionPointers = false } = options
    this.#isPlain = clock === undefined && sinceLast === undefined && !numbers && !instructionPointers
  }

  /** In front of a line about `source` and of thread `tid`. `isEntry`: the line begins the call. */
  text(source: TextSource, tid: number, traceeCount: number, isEntry: boolean): string {
    if (this.#nameStyle.decodePids !== false) this.#learnName(source, tid)
    const pid = this.#pidText(tid, traceeCount)
    if (this.#isPlain) return pid
    const timeNs = isEntry && isCall(source) ? callStartNs(source) : recordTimeNs(source)
    return pid + this.#timeText(timeNs) + this.#callText(source, tid)
  }

  #pidText(tid: number, traceeCount: number): string {
    const { pids } = this.#options
    const name = this.#names.get(tid) ?? ''
    if (pids === 'always') return `${name === '' ? String(tid).padEnd(5) : `${tid}${name}`} `
    return pids !== 'never' && traceeCount > 1 ? `[pid ${String(tid).padStart(5)}${name}] ` : ''
  }

  /** A new thread is called as the one that made it. */
  inherit(tid: number, parent: number): void {
    const name = this.#names.get(parent)
    if (name !== undefined) this.#names.set(tid, name)
  }

  #learnName(source: TextSource, tid: number): void {
    const name = source.name?.(CAPTURE_KEY.THREAD_NAME)
    if (name !== undefined) this.#names.set(tid, nameText(name, this.#nameStyle))
  }

  #timeText(timeNs: bigint): string {
    const { clock, sinceLast } = this.#options
    let text = ''
    if (clock !== undefined) {
      const realNs = timeNs + clock.realtimeOffsetNs
      const second = realNs / 1_000_000_000n
      if (second !== this.#second) {
        this.#second = second
        this.#clockText = clock.format === 'unix' ? String(second) : timeOfDay(second)
      }
      text = `${this.#clockText}${fraction(realNs % 1_000_000_000n, clock.precision)} `
    }
    if (sinceLast !== undefined) {
      const passedNs = timeNs - (this.#lastNs ?? timeNs)
      this.#lastNs = timeNs
      // Lines of several threads are in the order of their stops, which may differ by a hair from that of their clocks.
      const positiveNs = passedNs < 0n ? 0n : passedNs
      const seconds = String(positiveNs / 1_000_000_000n).padStart(6) + fraction(positiveNs % 1_000_000_000n, sinceLast)
      text += clock === undefined ? `${seconds} ` : `(+${seconds}) `
    }
    return text
  }

  /** Lines that are no call have the number of the thread's last call, as strace has it. */
  #callText(source: TextSource, tid: number): string {
    const { numbers = false, instructionPointers = false } = this.#options
    if (!numbers && !instructionPointers) return ''
    if (isCall(source)) this.#lastNumbers.set(tid, String(callNumber(source)).padStart(4))
    const number = this.#lastNumbers.get(tid) ?? '????'
    const address = isCall(source) ? source.view.getBigUint64(source.at + SYSCALL.IP, true).toString(16) : undefined
    const shown = address?.padStart(16, '0') ?? '?'.repeat(16)
    return (numbers ? `[${number}] ` : '') + (instructionPointers ? `[${shown}] ` : '')
  }
}

function timeOfDay(second: bigint): string {
  const date = new Date(Number(second) * 1000)
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((part) => String(part).padStart(2, '0')).join(':')
}
