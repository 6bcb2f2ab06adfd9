/** The questions that a finished run and a part of one answer alike. */

import { durabilityOf, type Durability } from './durability.ts'
import { filesOf, type Files } from './files.ts'
import { marksOf, type Mark } from './marks.ts'
import { memoryOf, type Memory } from './memory.ts'
import { networkOf, type Network } from './network.ts'
import { processesOf, type Processes } from './processes.ts'
import type { RecordedRun } from './recorded.ts'
import { signalsOf, type Signals } from './signals.ts'
import { waitingOf, type Waiting } from './waiting.ts'

/** What happened. Each answer is worked out when it is first asked for. */
export interface Answers {
  /** What was done to files. Throws ERR_SYSCOPE_NOT_RECORDED where the filter left out calls about files, or children were not followed. */
  readonly files: Files
  /** What was done with sockets. Throws ERR_SYSCOPE_NOT_RECORDED where the filter left out calls about sockets. */
  readonly network: Network
  /** The tree of processes; no call has to be recorded for it. Throws ERR_SYSCOPE_NOT_RECORDED where children were not followed. */
  readonly processes: Processes
  /** Signals that were sent and got. What was sent throws ERR_SYSCOPE_NOT_RECORDED where the filter left out calls that send. */
  readonly signals: Signals
  /** What threads waited for, and how long. Throws ERR_SYSCOPE_NOT_RECORDED where the filter left out calls that wait. */
  readonly waiting: Waiting
  /** What was mapped, and what of it may be written and executed. Throws ERR_SYSCOPE_NOT_RECORDED as `files` does. */
  readonly memory: Memory
  /** Whether what was written would survive a crash. Throws as `files` does, without `decodeFds`, and ERR_SYSCOPE_INCOMPLETE. */
  readonly durability: Durability
  /** Marks that the program made, in order. Throws ERR_SYSCOPE_NOT_RECORDED where there is none and the filter left out calls that make marks. */
  readonly marks: readonly Mark[]
}

/** Answers of the run that the class is. */
export abstract class Answering implements Answers {
  #files: Files | undefined
  #network: Network | undefined
  #processes: Processes | undefined
  #signals: Signals | undefined
  #waiting: Waiting | undefined
  #memory: Memory | undefined
  #durability: Durability | undefined

  get files(): Files {
    return (this.#files ??= filesOf(this.#run))
  }

  get network(): Network {
    return (this.#network ??= networkOf(this.#run))
  }

  get processes(): Processes {
    return (this.#processes ??= processesOf(this.#run))
  }

  get signals(): Signals {
    return (this.#signals ??= signalsOf(this.#run))
  }

  get waiting(): Waiting {
    return (this.#waiting ??= waitingOf(this.#run))
  }

  get memory(): Memory {
    return (this.#memory ??= memoryOf(this.#run))
  }

  get durability(): Durability {
    return (this.#durability ??= durabilityOf(this.#run))
  }

  get marks(): readonly Mark[] {
    return marksOf(this.#run)
  }

  get #run(): RecordedRun {
    // Whoever extends this is one.
    return this as object as RecordedRun
  }
}
