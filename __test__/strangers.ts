/** Processes that are not our children, as those that one attaches to are. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

export interface Stranger {
  readonly pid: number
  kill(): void
}

/** Starts a command as a grandchild: the engine refuses to attach to children of this process. */
export async function startStranger(...command: readonly string[]): Promise<Stranger> {
  const shell = spawn('sh', ['-c', '"$@" > /dev/null & echo $!; wait', 'sh', ...command], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [line] = await once(shell.stdout, 'data')
  const pid = Number(String(line))
  return {
    pid,
    kill() {
      if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    },
  }
}

export function isAlive(pid: number): boolean {
  try {
    // A zombie answers signals, and is no process any more, nor is one that is just being reaped.
    return !/^State:\s*[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}

/** Comes back once the process has ended; one that never does is a test that never ends. */
export async function isGone(pid: number): Promise<true> {
  while (isAlive(pid)) await sleep(10)
  return true
}
