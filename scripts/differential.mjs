#!/usr/bin/env node
/**
 * Traces the same programs with strace and with syscope and compares line by line, thread by thread: calls, arguments, results.
 * Only addresses, process ids, times and names made at random are left out. strace runs twice: what differs between its own two
 * runs is the program's doing, and is not held against anyone.
 *
 *   node scripts/differential.mjs [--names] [NAME…]      --names: compare calls and results only
 *
 * $STRACE is the strace to compare with; text follows 7.2, so differences of older versions are listed below with their reason.
 * Exit status 1 where a line differs in a program that is deterministic.
 */

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const cli = join(root, 'dist/src/cli/bin.js')
const strace = process.env.STRACE ?? 'strace'
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { names: { type: 'boolean', default: false }, keep: { type: 'boolean', default: false } },
})

/** Calls whose number depends on timing, in programs with several threads. */
const timing = [
  'futex',
  'sched_yield',
  'restart_syscall',
  'epoll_wait',
  'epoll_pwait',
  'madvise',
  'munmap',
  'mprotect',
  'mmap',
  'brk',
]

// Where `python3` is a script that looks for the real one, that search would be most of the trace.
const found = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' })
const python = found.stdout?.trim() || 'python3'

const threaded = `
import threading
def work():
    for _ in range(50): open('/dev/null').close()
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
`

const work = mkdtempSync(join(tmpdir(), 'syscope-differential-'))
process.on('exit', () => {
  if (values.keep) console.log(work)
  else rmSync(work, { recursive: true, force: true })
})

/** A project for programs to work on. */
function source() {
  const folder = join(work, 'project')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'main.c'), '#include <stdio.h>\nint main(void) { return puts("x") < 0; }\n')
  for (let index = 0; index < 20; index++) writeFileSync(join(folder, `file${index}`), `${index}\n`.repeat(index))
  return folder
}

/** A server on loopback, in a process of its own because this one waits for the traced ones. Resolves with its port. */
async function serve() {
  const script =
    'require("http").createServer((_, it) => it.end("x".repeat(100000))).listen(0, "127.0.0.1", function () { console.log(this.address().port) })'
  const server = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  server.unref()
  process.on('exit', () => server.kill())
  const [port] = await once(server.stdout, 'data')
  server.stdout.unref()
  return String(port).trim()
}

const project = source()
const programs = [
  { name: 'true', command: ['true'] },
  { name: 'ls', command: ['ls', '-l', '/'] },
  { name: 'git', command: ['git', '-C', root, 'status', '--short'] },
  { name: 'python', command: [python, '-c', 'import json,asyncio,sqlite3'] },
  {
    name: 'pipeline',
    command: ['sh', '-c', 'echo b a | tr " " "\\n" | sort | cat'],
    ignore: ['wait4', 'rt_sigreturn', '---'],
  },
  { name: 'exec', command: ['sh', '-c', 'cd /tmp; exec env -i true'] },
  { name: 'killed', command: ['sh', '-c', 'kill -TERM $$'] },
  { name: 'gcc', command: ['gcc', '-O1', '-o', join(work, 'main'), join(project, 'main.c')], ignore: ['getrandom'] },
  { name: 'tar', command: ['tar', '-C', work, '-cf', join(work, 'project.tar'), 'project'] },
  {
    name: 'curl',
    command: ['curl', '-s', '-o', '/dev/null', `http://127.0.0.1:${await serve()}/`],
    ignore: timing,
    isNoisy: true,
  },
  { name: 'threads', command: [python, '-c', threaded], ignore: timing, isNoisy: true },
  { name: 'npm', command: ['npm', '--version'], ignore: timing, isNoisy: true },
  {
    name: 'node',
    command: ['node', '-e', 'require("fs").readFileSync("/etc/hostname")'],
    ignore: timing,
    isNoisy: true,
  },
]

const version = spawnSync(strace, ['-V'], { encoding: 'utf8' })
if (version.status !== 0) {
  console.log('differential: SKIPPED, strace is not installed.')
  process.exit(0)
}
if (!existsSync(cli)) {
  console.error(`differential: ${cli} is not there: build first (npm run build)`)
  process.exit(2)
}

/** What the kernel answers anew each time. */
const answers = { getrandom: /^"[^"]*"(\.\.\.)?/, sysinfo: /^\{.*\}/ }

/** Differences that we know of. */
const known = [
  { pattern: /^. (send|recv).*AF_NETLINK/, reason: 'messages of netlink are bytes: they are not decoded yet' },
]

/** Where the strace that is installed is older than the one that text follows: what it wrote otherwise. */
const isOlder = Number(/version (\d+\.\d+)/.exec(version.stdout)?.[1] ?? 0) < 7.2
const older = [
  { name: 'rseq', reason: '7.2 decodes it', args: /^.*$/ },
  { name: 'epoll_ctl', reason: '7.2 writes data as a number', args: /data=.*\}$/ },
]

let failed = 0
for (const program of programs) {
  if (positionals.length > 0 && !positionals.includes(program.name)) continue
  failed += compare(program) ? 0 : 1
}
process.exit(failed === 0 ? 0 : 1)

/** Prints what differs. True where nothing does that should not. */
function compare(program) {
  if (spawnSync('sh', ['-c', `command -v ${program.command[0]}`]).status !== 0) {
    console.log(`${program.name}: SKIPPED, ${program.command[0]} is not installed`)
    return true
  }
  const first = record('strace', [strace], program)
  const second = record('strace-again', [strace], program)
  const ours = record('syscope', [process.execPath, cli], program)
  const statuses = first.status === ours.status && first.signal === ours.signal
  if (!statuses)
    console.log(
      `${program.name}: ends with ${ours.status ?? ours.signal}, under strace with ${first.status ?? first.signal}`,
    )
  const noise = noiseOf(first.threads, second.threads)
  const threads = new Set([...first.threads.keys(), ...ours.threads.keys()])
  const total = [...first.threads.values()].reduce((sum, calls) => sum + calls.length, 0)
  let differences = 0
  let excused = 0
  for (const thread of threads) {
    const all = difference(first.threads.get(thread) ?? [], ours.threads.get(thread) ?? [])
    const lines = all.filter((line) => !noise.has(nameOf(line)) && !known.some(({ pattern }) => pattern.test(line)))
    excused += all.length - lines.length
    differences += lines.length
    if (lines.length === 0) continue
    console.log(`${program.name} [${thread}]: ${lines.length} lines differ (- strace, + syscope)`)
    for (const line of lines.slice(0, 40)) console.log(`  ${line}`)
  }
  const own =
    excused === 0 ? '' : `, ${excused} in calls that differ between two runs of strace (${[...noise].join(' ')})`
  console.log(`${program.name}: ${total} calls in ${first.threads.size} threads, ${differences} lines differ${own}`)
  return statuses && (differences === 0 || program.isNoisy === true)
}

/** Calls that are not the same in two runs of strace. */
function noiseOf(first, second) {
  const threads = [...new Set([...first.keys(), ...second.keys()])]
  const lines = threads.flatMap((thread) => difference(first.get(thread) ?? [], second.get(thread) ?? []))
  return new Set(lines.map(nameOf))
}

/** `- openat(…` */
function nameOf(line) {
  return /^[-+] ([^(]*)/.exec(line)?.[1] ?? line
}

function record(label, tracer, { name, command, ignore = [] }) {
  const log = join(work, `${name}.${label}`)
  writeFileSync(log, '')
  const [file, ...args] = [...tracer, '-f', '-s', '64', '-o', log, ...command]
  // Python's memory follows the order of its hashes.
  const env = { ...process.env, PYTHONHASHSEED: '0' }
  const { status, signal } = spawnSync(file, args, { stdio: 'ignore', timeout: 120_000, env })
  return { status, signal, threads: readThreads(readFileSync(log, 'latin1'), new Set(ignore)) }
}

/** Calls of each thread in their order. A thread is named by its place in the tree: `0`, `0.1`, `0.1.2`. */
function readThreads(text, ignored) {
  const halves = new Map()
  const calls = new Map()
  const children = new Map()
  const order = []
  const add = (pid, call) => {
    if (!calls.has(pid)) {
      calls.set(pid, [])
      order.push(pid)
    }
    if (call !== undefined && !ignored.has(call.name)) calls.get(pid).push(call)
  }
  for (const line of text.split('\n')) {
    const [, pid, rest] = /^(\d+) +(.*)$/.exec(line) ?? []
    if (pid === undefined) continue
    add(pid)
    const [, unfinished] = /^(.*) <unfinished \.\.\.>$/.exec(rest) ?? []
    if (unfinished !== undefined) {
      halves.set(pid, unfinished)
      continue
    }
    const [, resumed] = /^<\.\.\. [^ ]+ resumed>(.*)$/.exec(rest) ?? []
    const whole = resumed === undefined ? rest : (halves.get(pid) ?? '?(') + resumed
    halves.delete(pid)
    const call = readCall(whole)
    add(pid, call)
    if (call !== undefined && /^(clone|clone3|fork|vfork)$/.test(call.name) && /^[1-9]\d*$/.test(call.result)) {
      if (!children.has(pid)) children.set(pid, [])
      children.get(pid).push(call.result)
    }
  }
  return nameThreads(order, calls, children)
}

function readCall(text) {
  const [, exit] = /^\+\+\+ (.*) \+\+\+$/.exec(text) ?? []
  if (exit !== undefined) return { name: '+++', args: '', result: exit }
  const [, signal] = /^--- (\S+) /.exec(text) ?? []
  if (signal !== undefined) return { name: '---', args: '', result: signal }
  const [, name, args, result] = /^([a-z0-9_#]+)\((.*)\) += (.*)$/s.exec(text) ?? []
  // Whether a signal came in the middle of a call that is started again is a matter of moments.
  return name === undefined || result.startsWith('? ERESTART') ? undefined : { name, args, result }
}

function nameThreads(order, calls, children) {
  const names = new Map()
  const visit = (pid, name) => {
    if (names.has(pid)) return
    names.set(pid, name)
    for (const [index, child] of (children.get(pid) ?? []).entries()) visit(child, `${name}.${index}`)
  }
  for (const [index, pid] of order.entries()) if (!names.has(pid)) visit(pid, index === 0 ? '0' : `?${index}`)
  const threads = new Map()
  for (const [pid, list] of calls) {
    threads.set(
      names.get(pid),
      list.map((call) => lineOf(call, names)),
    )
  }
  return threads
}

/** One call, with what differs from run to run left out. */
function lineOf({ name, args, result }, pids) {
  if (name === 'getppid') return 'getppid()'
  const hidden = [answers[name], isOlder ? older.find((it) => it.name === name)?.args : undefined]
  const shown = hidden.reduce((text, part) => (part === undefined ? text : text.replace(part, '…')), args)
  return `${name}(${values.names ? '' : normalize(shown, pids)}) = ${normalize(result, pids)}`
}

function normalize(text, pids) {
  return text
    .replaceAll(/0x[0-9a-f]{5,}/g, '0xADDRESS')
    .replaceAll(/\b\d+\b/g, (number) => (pids.has(number) ? `PID${pids.get(number)}` : number))
    .replaceAll(/\b(tv_n?sec|tv_usec|st_[amc]time(_nsec)?|stx_\w*time)=-?\d+/g, '$1=TIME')
    .replaceAll(/\/cc[A-Za-z0-9]{6}\b/g, '/ccRANDOM')
    .replaceAll(/Date: [^\\]*GMT/g, 'Date: TIME')
    .replaceAll(/htons\((3[2-9]|[45]\d|6[0-5])\d{3}\)/g, 'htons(EPHEMERAL)')
}

/** Lines only one side has, in order: a longest common subsequence between the equal ends. */
function difference(one, other) {
  let start = 0
  while (start < one.length && start < other.length && one[start] === other[start]) start++
  let end = 0
  while (end < one.length - start && end < other.length - start && one.at(-1 - end) === other.at(-1 - end)) end++
  const a = one.slice(start, one.length - end)
  const b = other.slice(start, other.length - end)
  if (a.length * b.length > 25_000_000) return [`- ${a.length} lines`, `+ ${b.length} lines`]
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1))
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i][j] = a[i] === b[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1])
    }
  }
  const lines = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      i++
      j++
    } else if (j >= b.length || (i < a.length && lengths[i + 1][j] >= lengths[i][j + 1])) lines.push(`- ${a[i++]}`)
    else lines.push(`+ ${b[j++]}`)
  }
  return lines
}
