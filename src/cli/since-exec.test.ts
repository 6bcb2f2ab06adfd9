import test from 'ava'
import { SinceExec, type SeenEvent } from './since-exec.ts'

interface Event extends SeenEvent {
  readonly pid?: number
}

async function shown(batches: readonly (readonly Event[])[]): Promise<readonly (readonly Event[])[]> {
  const all: (readonly Event[])[] = []
  for await (const events of new SinceExec<Event>(7).of(source(batches))) all.push(events)
  return all
}

async function* source(batches: readonly (readonly Event[])[]): AsyncGenerator<readonly Event[]> {
  yield* batches
}

const exec = { type: 'exec', tid: 7 }
const execve = { type: 'syscall', tid: 7, name: 'execve' }
const write = { type: 'syscall', tid: 7, name: 'write' }
const ofThread = { type: 'exit', tid: 8 }

test('nothing is shown before the execve', async (t) => {
  t.deepEqual(await shown([[{ type: 'attach', tid: 7 }, write], [ofThread, write, exec, execve], [write]]), [
    [exec, execve],
    [write],
  ])
})

test('nor anything where there is none', async (t) => {
  t.deepEqual(await shown([[write], [{ ...ofThread, tid: 7 }]]), [])
})

test('an execve that batches end within is shown from its entry on', async (t) => {
  const entry = { type: 'pending', tid: 7, name: 'execve' }
  const other = { type: 'pending', tid: 7, name: 'read' }
  t.deepEqual(await shown([[other], [write, entry], [ofThread], [exec, execve]]), [[entry, exec, execve]])
})
