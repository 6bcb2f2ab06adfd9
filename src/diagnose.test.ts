import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import test from 'ava'
import { diagnose, diagnoseIn, type Diagnosis } from './diagnose.ts'
import type { Obstacle } from './obstacles.ts'

const root = mkdtempSync(join(tmpdir(), 'syscope-proc-'))
test.after.always(() => rmSync(root, { recursive: true }))

interface System {
  readonly release?: string
  readonly yama?: number
  readonly status?: Readonly<Record<string, string>>
  readonly others?: Readonly<Record<number, string>>
}

let made = 0

/** A procfs that says these things. */
function proc({ release = '6.1.0-generic', yama, status = {}, others = {} }: System): string {
  made += 1
  const path = join(root, String(made))
  const put = (name: string, text: string): void => {
    mkdirSync(dirname(join(path, name)), { recursive: true })
    writeFileSync(join(path, name), text)
  }
  put('sys/kernel/osrelease', `${release}\n`)
  if (yama !== undefined) put('sys/kernel/yama/ptrace_scope', `${yama}\n`)
  const fields = { Name: 'node', TracerPid: '0', Uid: '1000\t1000\t1000\t1000', CapEff: '0', Seccomp: '0', ...status }
  put(
    'self/status',
    Object.entries(fields)
      .map(([name, value]) => `${name}:\t${value}\n`)
      .join(''),
  )
  for (const [pid, name] of Object.entries(others)) put(`${pid}/status`, `Name:\t${name}\nTgid:\t${pid}\n`)
  return path
}

const linux = { platform: 'linux', arch: 'x64' }
const diagnoseSystem = (system: System, more: Partial<Parameters<typeof diagnoseIn>[0]> = {}): Diagnosis =>
  diagnoseIn({ ...linux, proc: proc(system), ...more })

const check = ({ checks }: Diagnosis, subject: Obstacle['subject']): Obstacle | undefined =>
  checks.find((it) => it.subject === subject)

const CAP_SYS_PTRACE = (1n << 19n).toString(16).padStart(16, '0')

test('nothing stands in the way', (t) => {
  const found = diagnoseSystem({ yama: 0 }, { load: () => {}, attempt: () => {} })
  t.like(found, { isSupported: true, canAttach: true })
  t.deepEqual(
    found.checks.map((it) => it.subject),
    ['platform', 'kernel', 'native', 'ptrace', 'yama', 'capabilities', 'seccomp'],
  )
  t.true(found.checks.every((it) => it.status === 'ok' && it.remedy === undefined))
})

for (const [platform, arch] of [
  ['darwin', 'arm64'],
  ['win32', 'x64'],
  ['linux', 'arm64'],
] as const) {
  test(`${platform} on ${arch} is not supported`, (t) => {
    const found = diagnoseIn({ platform, arch, proc: '/nosuch' })
    t.like(found, { isSupported: false, canAttach: false })
    t.deepEqual(
      found.checks.map((it) => [it.subject, it.status]),
      [['platform', 'blocked']],
    )
    t.true(found.checks[0]?.found.includes(`${platform} on ${arch}`))
  })
}

for (const [release, status] of [
  ['5.2.21', 'blocked'],
  ['4.19.0-27-amd64', 'blocked'],
  ['5.3.0', 'ok'],
  ['6.18.44', 'ok'],
  ['10.0', 'ok'],
] as const) {
  test(`Linux ${release} is ${status}`, (t) => {
    const found = diagnoseSystem({ release })
    t.is(check(found, 'kernel')?.status, status)
    t.is(found.isSupported, status === 'ok')
  })
}

test('a missing procfs is told', (t) => {
  const found = diagnoseIn({ ...linux, proc: '/nosuch' })
  t.like(check(found, 'kernel'), { status: 'blocked', found: '/nosuch does not say which kernel runs.' })
})

test('a missing addon is told, and nothing is tried', (t) => {
  const load = (): never => {
    throw new Error('The addon is not installed.')
  }
  const found = diagnoseSystem({}, { load, attempt: () => t.fail() })
  t.like(check(found, 'native'), { status: 'blocked', found: 'The addon is not installed.' })
  t.is(check(found, 'ptrace'), undefined)
  t.false(found.isSupported)
})

test('refused ptrace is told, with what the container may lack', (t) => {
  const attempt = (): never => {
    throw new Error('Operation not permitted')
  }
  const found = diagnoseSystem({ status: { Seccomp: '2', Uid: '0\t0\t0\t0' } }, { attempt })
  t.like(check(found, 'ptrace'), { status: 'blocked' })
  t.like(check(found, 'seccomp'), { status: 'limited' })
  t.true(check(found, 'seccomp')?.remedy?.includes('--cap-add=SYS_PTRACE'))
  t.like(check(found, 'capabilities'), { status: 'limited' })
})

test('a seccomp filter that allows ptrace is no obstacle', (t) => {
  const found = diagnoseSystem({ status: { Seccomp: '2' } }, { attempt: () => {} })
  t.is(check(found, 'seccomp')?.status, 'ok')
  t.true(found.isSupported)
})

for (const [scope, privileged, status] of [
  [undefined, false, 'ok'],
  [0, false, 'ok'],
  [1, false, 'limited'],
  [1, true, 'ok'],
  [2, false, 'blocked'],
  [2, true, 'ok'],
  [3, false, 'blocked'],
  [3, true, 'blocked'],
] as const) {
  test(`Yama ${scope ?? 'absent'} ${privileged ? 'with' : 'without'} CAP_SYS_PTRACE is ${status}`, (t) => {
    const yama = scope === undefined ? {} : { yama: scope }
    const found = diagnoseSystem({ ...yama, status: privileged ? { CapEff: CAP_SYS_PTRACE } : {} })
    t.is(check(found, 'yama')?.status, status)
    t.is(check(found, 'yama')?.remedy === undefined, status === 'ok')
    t.is(found.isSupported, status !== 'blocked')
    t.is(found.canAttach, status === 'ok')
  })
}

test('a tracer of our own is named', (t) => {
  const found = diagnoseSystem({ status: { TracerPid: '77' }, others: { 77: 'gdb' } })
  t.true(check(found, 'tracer')?.found.includes('gdb (pid 77)'))
  t.is(check(found, 'tracer')?.status, 'limited')
})

test('another procfs is judged by its files alone', (t) => {
  const found = diagnose({ proc: proc({ release: '5.0.0' }) })
  t.is(check(found, 'native'), undefined)
  t.is(check(found, 'ptrace'), undefined)
})
