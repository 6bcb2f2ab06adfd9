/** Parts of runs: what happened between marks, with what is known from before. */

import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'ava'
import { matchers, trace, type SyscallName, type TraceResult } from '../index.ts'
import { filesOf } from '../src/kit/files.ts'
import { replacementOf } from '../src/kit/durability.ts'
import { marksOf } from '../src/kit/marks.ts'
import { partOf, partWithin, type RunPart } from '../src/kit/part.ts'

const root = realpathSync(mkdtempSync(join(tmpdir(), 'syscope-kit-part-')))
test.after.always(() => rmSync(root, { recursive: true }))

let count = 0
/** A directory of its own. */
function place(): string {
  const path = join(root, String(count++))
  mkdirSync(path)
  return path
}

const python = '/usr/bin/python3'
const needsPython = existsSync(python) ? test : test.skip
// A thread that was started need not have got to its call yet: 0 is read, and stands there from its beginning on.
const setup = `import os, socket, signal, subprocess, threading, time, mmap
def mark(name): os.path.exists('/@mark/' + name)
def until_reads(thread):
    while not open(f'/proc/self/task/{thread.native_id}/syscall').read().startswith('0 '): pass
`

async function traced(script: string, cwd = root): Promise<TraceResult> {
  const run = await trace(python, ['-S', '-c', setup + script], { cwd, decodeFds: true, stderr: 'inherit' })
  if (run.exitCode !== 0) throw new Error(`the program failed: ${script}`)
  return run
}

/** What happened between the marks `a` and `b` of a program. */
const part = async (script: string, cwd?: string): Promise<RunPart> => partOf(await traced(script, cwd), 'a', 'b')

const writes = ({ files }: RunPart): readonly (readonly [string | undefined, number])[] =>
  files.with('write').map(({ path, bytesWritten }) => [path, bytesWritten])

needsPython(
  'what is written inside goes to the file that was opened before, by its number, and counts alone',
  async (t) => {
    const dir = place()
    const inside = await part(
      `f = os.open('f', os.O_CREAT | os.O_WRONLY); g = os.dup(f); os.write(f, b'12'); os.write(1, b'x')
mark('a'); os.write(g, b'345'); os.close(f); mark('b'); os.write(g, b'6789')`,
      dir,
    )
    t.deepEqual(writes(inside), [[join(dir, 'f'), 3]])
    t.deepEqual(inside.files.with('open', 'create'), [])
    t.deepEqual(
      inside.syscalls().map(({ name }) => name),
      ['write', 'close'],
    )
    t.deepEqual(inside.syscalls('write').map(String), [`write(${inside.syscalls('write')[0]?.args.fd}, "345", 3) = 3`])
    t.is(inside.events.length, 2)
    t.true(inside.complete)
    t.is(inside.cwd, dir)
  },
)

needsPython('directories and names are those of the time: what was before is known, and not told', async (t) => {
  const dir = place()
  const inside = await part(
    `os.mkdir('d'); os.chdir('d'); f = os.open('one', os.O_CREAT | os.O_WRONLY); os.write(f, b'1'); os.rename('one', 'two')
mark('a'); os.write(f, b'22'); os.open('three', os.O_CREAT | os.O_WRONLY)
mark('b'); os.rename('two', 'four'); os.unlink('three')`,
    dir,
  )
  t.deepEqual(writes(inside), [[join(dir, 'd/two'), 2]])
  t.deepEqual(inside.files.at(join(dir, 'd/one')), [])
  t.deepEqual(inside.files.at(join(dir, 'd/four')), [])
  t.deepEqual(
    inside.files.all.map(({ path, isDeleted }) => [path, isDeleted]),
    [
      [join(dir, 'd/two'), false],
      [join(dir, 'd/three'), false],
    ],
  )
  t.deepEqual(inside.files.missing, [])
})

needsPython('bytes on a connection that was made before', async (t) => {
  const inside = await part(`server = socket.create_server(('127.0.0.1', 0)); port = server.getsockname()[1]
client = socket.create_connection(('127.0.0.1', port)); other, _ = server.accept(); other.send(b'12345'); client.recv(9)
late = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
mark('a'); client.send(b'123'); other.recv(9); late.connect_ex(('127.0.0.1', port)); mark('b')
client.send(b'1234567'); late.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)`)
  const { network } = inside
  const peer = network.peers.find(({ bytesOut }) => bytesOut > 0)
  t.is(peer?.bytesOut, 3)
  t.is(peer?.bytesIn, 0)
  t.is(peer?.address.family, 'inet')
  t.deepEqual(network.accepts, [])
  t.deepEqual(network.listens, [])
  t.deepEqual(
    network.sockets.map(({ bytesIn, bytesOut }) => [bytesIn, bytesOut]),
    [
      [0, 3],
      [3, 0],
      [0, 0],
    ],
  )
  // How a connection ended that was begun inside is known afterwards.
  t.deepEqual(
    network.connects.map(({ outcome, isAsync }) => [outcome, isAsync]),
    [['connected', true]],
  )
})

needsPython(
  'processes that began inside, with what became of them; of others the programs that they became there',
  async (t) => {
    const inside =
      await part(`before = subprocess.Popen(['cat'], stdin=subprocess.PIPE, stdout=subprocess.PIPE); waits = os.pipe()
before.stdin.write(b'x'); before.stdin.flush(); before.stdout.read(1)
child = os.fork()
if child == 0: os.read(waits[0], 1); os.execv('/bin/true', ['true'])
mark('a'); during = subprocess.Popen(['sh', '-c', 'exit 3']); os.write(waits[1], b'x'); os.waitpid(child, 0); during.wait()
left = subprocess.Popen(['sleep', '60']); mark('b'); subprocess.run(['false']); before.stdin.close(); before.wait()`)
    const { processes } = inside
    t.deepEqual(
      processes.all.map(({ argv, ending }) => `${argv?.[0]} ${ending.how}`).toSorted((a, b) => (a < b ? -1 : 1)),
      ['sh exited', 'sleep leaked', 'true exited'],
    )
    t.is(processes.roots.length, 3)
    t.deepEqual(
      processes.leaked.map(({ argv }) => argv),
      [['sleep', '60']],
    )
    // Who did what is done inside may have begun before.
    t.truthy(processes.get(inside.pid))
  },
)

needsPython('signals, and how long threads waited inside', async (t) => {
  const inside =
    await part(`signal.signal(signal.SIGUSR1, lambda *_: None); signal.signal(signal.SIGUSR2, lambda *_: None)
os.kill(os.getpid(), signal.SIGUSR1); reader, writer = os.pipe()
thread = threading.Thread(target=lambda: os.read(reader, 1), daemon=True); thread.start(); until_reads(thread)
mark('a'); os.kill(os.getpid(), signal.SIGUSR2); time.sleep(0.03); mark('b')
time.sleep(0.2); os.write(writer, b'x')`)
  t.deepEqual(
    inside.signals.sent.map(({ signal }) => signal),
    ['SIGUSR2'],
  )
  t.deepEqual(
    inside.signals.got.map(({ signal }) => signal),
    ['SIGUSR2'],
  )
  t.deepEqual(
    inside.waiting.waits.filter(({ cause }) => cause === 'sleep').map(({ calls }) => calls),
    [1],
  )
  t.deepEqual(
    inside.waiting.waits.filter(({ cause }) => cause === 'pipe'),
    [],
  )
})

needsPython('what a thread waits for beyond the end of a part counts until there', async (t) => {
  const inside = await part(`reader, writer = os.pipe(); thread = threading.Thread(target=lambda: os.read(reader, 1))
mark('a'); thread.start(); until_reads(thread); mark('b')
time.sleep(0.3); os.write(writer, b'x'); thread.join()`)
  const wait = inside.waiting.waits.find(({ cause }) => cause === 'pipe')
  t.is(wait?.calls, 1)
  t.true((wait?.totalMs ?? Infinity) <= Number(inside.toNs - inside.fromNs) / 1e6)
})

needsPython(
  'a file that is replaced inside: what was written and synced before counts, what comes after does not',
  async (t) => {
    const dir = place()
    const path = join(dir, 'state')
    const save = (before: string, inside: string, after = ''): string =>
      `f = os.open('new', os.O_CREAT | os.O_WRONLY); d = os.open('.', 0)\nos.write(f, b'x')${before}
mark('a')${inside}\nmark('b')${after}`
    const [sync, name, list] = ['\nos.fsync(f)', `\nos.rename('new', 'state')`, '\nos.fsync(d)']
    const judged = async (...steps: Parameters<typeof save>): Promise<readonly [boolean, string]> => {
      const { atomic, synced } = replacementOf(await part(save(...steps), dir), path)
      return [atomic, synced]
    }
    t.deepEqual(await judged(sync, name + list), [true, 'file and directory'])
    t.deepEqual(await judged('', name + list), [true, 'none'])
    t.deepEqual(await judged(sync, name, list), [true, 'file'])
    t.deepEqual(await judged(sync + name, list), [false, 'none'])
    const inPlace = `f = os.open('state', os.O_CREAT | os.O_WRONLY)\nos.write(f, b'x')\nmark('a')\nmark('b')`
    t.deepEqual((await part(inPlace, dir)).durability.stepsOf(path), [])
    const mapped = `f = os.open('state', os.O_RDWR)\nm = mmap.mmap(f, 1)\nmark('a')\nm[0] = 65\nmark('b')`
    const { problems } = (await part(mapped, dir)).durability.replacementOf(path)
    t.true(problems.some((problem) => problem.includes('mapped for writing')))
  },
)

// The older child waits to be told, so that what it does is inside.
const shared = `reader, writer = os.pipe(); child = os.fork()
if child == 0: os.read(reader, 1); os.open('old', os.O_CREAT | os.O_WRONLY); os._exit(0)
mark('a'); os.write(writer, b'x'); os.open('own', os.O_CREAT | os.O_WRONLY); subprocess.run(['touch', 'new']); os.waitpid(child, 0); mark('b')`

needsPython('whose deeds: of all, of the process and what it started, or of that process alone', async (t) => {
  const run = await traced(shared, place())
  const made = (processes: 'tree' | 'started' | 'same'): readonly string[] =>
    partOf(run, 'a', 'b', { processes })
      .files.with('create')
      .map(({ path }) => path?.replace(/.*\//, '') ?? '')
      .toSorted((a, b) => (a < b ? -1 : 1))
  t.deepEqual(made('tree'), ['new', 'old', 'own'])
  t.deepEqual(made('started'), ['new', 'own'])
  t.deepEqual(made('same'), ['own'])
  const byDefault = partOf(run, 'a', 'b').files.with('create')
  t.is(byDefault.length, 3)
})

needsPython('a part by time, of some threads and what they start', async (t) => {
  const run = await traced(shared, place())
  const [first, last] = marksOf(run)
  const [fromNs, toNs] = [first?.endNs ?? 0n, last?.startNs ?? 0n]
  t.is(partWithin(run, { fromNs, toNs }).files.with('create').length, 3)
  t.is(partWithin(run, { fromNs, toNs, tids: [run.pid] }).files.with('create').length, 2)
  t.deepEqual(partWithin(run, { fromNs, toNs: fromNs }).events, [])
  t.throws(() => partWithin(run, { fromNs: toNs, toNs: fromNs }), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  // What a caller without types may give.
  t.throws(() => partWithin(run, { fromNs: 1, toNs: 2 } as unknown as { fromNs: bigint; toNs: bigint }), {
    code: 'ERR_SYSCOPE_INVALID_ARGUMENT',
  })
})

needsPython('parts of parts, marks, text and JSON', async (t) => {
  const run = await traced(`mark('a'); os.getppid(); mark('in'); os.chdir('/'); mark('out'); os.getppid(); mark('b')`)
  const inside = partOf(run, 'a', 'b')
  t.deepEqual(
    inside.marks.map(({ name }) => name),
    ['in', 'out'],
  )
  const inner = inside.between('in', 'out')
  t.deepEqual(inner.events.map(String), ['chdir("/") = 0'])
  t.regex(inner.text(), /^chdir\("\/"\) += 0\n$/)
  t.throws(() => inner.between('a', 'b'), { code: 'ERR_SYSCOPE_NOT_RECORDED' })
  const asked = `getppid() = ${process.pid}`
  t.deepEqual(inside.events.map(String), [asked, 'chdir("/") = 0', asked])
  t.is(inside.text().split('\n').length, 4)
  t.like(JSON.parse(JSON.stringify(inner)), { pid: run.pid, cwd: root, complete: true, events: [{ name: 'chdir' }] })
})

test('a part asks no more of the run than the run has', async (t) => {
  const script = 'test -e /@mark/a; cd /; test -e /@mark/b; exit 0'
  const run = await trace('sh', ['-c', script], { filter: ['%file'] })
  const inside = partOf<SyscallName>(run, 'a', 'b')
  t.deepEqual(inside.syscalls('chdir').map(String), ['chdir("/") = 0'])
  for (const ask of [() => inside.syscalls('fsync'), () => inside.files, () => inside.network, () => inside.waiting])
    t.throws(ask, { code: 'ERR_SYSCOPE_NOT_RECORDED' })
  t.throws(() => filesOf(run), { code: 'ERR_SYSCOPE_NOT_RECORDED' })
  t.throws(() => partOf(run, 'a', 'c'), { code: 'ERR_SYSCOPE_NOT_RECORDED' })
  t.throws(() => partOf(run, 'b', 'a'), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  t.throws(() => partOf(run, 'a', 'b', { processes: 'all' } as object), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
})

test('what one process did, with all that it started', async (t) => {
  const dir = place()
  // `c` has something in it only after the call that made it has returned, and the first shell has ended long before.
  const late = 'until [ -s c ]; do sleep 0.01; done; echo late > late'
  const script = `sh -c 'echo a > a; (${late}) & exit 0'; sh -c 'echo b > b; cat /dev/null'; echo c > c`
  const run = await trace('sh', ['-c', script], { cwd: dir, observe: ['files', 'processes'], until: 'tree' })
  const [shell] = run.processes.roots
  const [first, second] = (shell?.children ?? []).filter(({ argv }) => argv?.[0] === 'sh')
  if (first === undefined || second === undefined || shell === undefined) throw new Error('there are two')
  const created = (part: RunPart): readonly string[] =>
    part.files.with('create').map(({ path }) => String(path).replace(`${dir}/`, ''))
  t.deepEqual(created(run.within(first)), ['a', 'late'], 'also what goes on after its end')
  t.deepEqual(created(run.within(second)), ['b'])
  t.deepEqual(created(run.within(second.pid)), ['b'])
  t.deepEqual(created(run.within(shell)), ['a', 'b', 'c', 'late'])
  t.true(matchers.toExec(run.within(second), 'cat').pass)
  t.false(matchers.toExec(run.within(first), 'cat').pass)
  t.true(matchers.toWriteOnlyUnder(run.within(first), ['a', 'late']).pass)
  t.false(matchers.toWriteOnlyUnder(run.within(shell), ['a', 'late']).pass)
  // What was somebody else's is not theirs, nor is what is not there.
  for (const other of [1, 2 ** 22, { ...first, startNs: 0n, pid: first.pid }]) {
    t.throws(() => run.within(other as number), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  }
})
