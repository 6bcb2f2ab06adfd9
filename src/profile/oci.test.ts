import test from 'ava'
import type { Abi } from '../args/arg.ts'
import { allRowsOf } from '../table/index.ts'
import { CallSetOfRuns } from './calls.ts'
import { ociProfile, type SeccompProfile, type SeccompRule } from './oci.ts'
import { argumentRules } from './rules.ts'
import type { AnyCall } from './run.ts'

test('only what was called is allowed, and what no run can be sure to show', (t) => {
  t.deepEqual(profileOf([call('read')]), {
    defaultAction: 'SCMP_ACT_ERRNO',
    defaultErrnoRet: 1,
    architectures: ['SCMP_ARCH_X86_64'],
    syscalls: [
      {
        names: ['execve', 'exit', 'exit_group', 'read', 'restart_syscall', 'rt_sigreturn'],
        action: 'SCMP_ACT_ALLOW',
      },
    ],
  })
})

test('other ways into the kernel are there where they were used', (t) => {
  t.deepEqual(profileOf([call('umask', 0n, 'i386')]).architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86'])
  t.deepEqual(profileOf([call('read', 0n, 'x32')]).architectures, ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X32'])
  t.true(names(profileOf([call('umask', 0n, 'i386')])).includes('sigreturn'))
})

test('sockets and personalities are those that were asked for', (t) => {
  const calls = [call('socket', 16n), call('socket', 1n), call('socket', 1n), call('personality', 0xffff_ffffn)]
  t.deepEqual(restricted(profileOf(calls)), [
    { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 1, op: 'SCMP_CMP_EQ' }] },
    { names: ['socket'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 16, op: 'SCMP_CMP_EQ' }] },
    { names: ['personality'], action: 'SCMP_ACT_ALLOW', args: [{ index: 0, value: 0xffff_ffff, op: 'SCMP_CMP_EQ' }] },
  ])
  t.false(names(profileOf(calls)).includes('socket'))
})

const CLONE_NEWUSER = 0x1000_0000n

test('clone makes the namespaces that it made, and no others', (t) => {
  t.deepEqual(cloneMask([call('clone', 0x11n)]), 0x7e02_0000)
  t.deepEqual(cloneMask([call('clone', CLONE_NEWUSER | 0x11n)]), 0x6e02_0000)
})

test('clone3 falls back to clone, whose flags can be seen', (t) => {
  const calls = [call('clone3')]
  t.deepEqual(restricted(profileOf(calls)).at(-1), { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 })
  t.is(cloneMask(calls), 0x7e02_0000)
  t.true(names(ociProfile(seen(calls), { forRuntime: false, clone3: 'allow' })).includes('clone3'))
})

test('the namespaces of clone3 count', (t) => {
  const args = { cl_args: { flags: { number: Number(CLONE_NEWUSER), names: ['CLONE_NEWUSER'] } } }
  t.is(cloneMask([{ ...call('clone3'), args }]), 0x6e02_0000)
})

test('runc can start its container', (t) => {
  const own = names(ociProfile(seen([call('read')])))
  for (const name of ['capset', 'execve', 'futex', 'prctl', 'setgroups', 'write']) t.true(own.includes(name), name)
})

test('a call that no table knows is told by itself', (t) => {
  const made = seen([{ ...call('read'), name: 'syscall_0x1f4', number: 500 }])
  t.deepEqual(made.unknown, ['syscall_0x1f4'])
  t.deepEqual(made.calls.x86_64, [])
})

test('arguments are held by rules of ours, too', (t) => {
  t.deepEqual(argumentRules(seen([call('socket', 1n), call('clone', 0x11n)])), [
    { calls: ['socket'], args: { domain: { not: [1] } }, error: 'EPERM' },
    { calls: ['clone'], args: { flags: { mask: 0x7e02_0000, not: 0 } }, error: 'EPERM' },
  ])
  t.deepEqual(argumentRules(seen([call('read')])), [])
})

function seen(calls: readonly AnyCall[]): CallSetOfRuns {
  const made = new CallSetOfRuns()
  made.add(calls)
  return made
}

function profileOf(calls: readonly AnyCall[]): SeccompProfile {
  return ociProfile(seen(calls), { forRuntime: false })
}

function names(profile: SeccompProfile): readonly string[] {
  return profile.syscalls[0]?.names ?? []
}

function restricted(profile: SeccompProfile): readonly SeccompRule[] {
  return profile.syscalls.slice(1)
}

function cloneMask(calls: readonly AnyCall[]): number | undefined {
  return restricted(profileOf(calls)).find((rule) => rule.names[0] === 'clone')?.args?.[0]?.value
}

function call(name: string, first = 0n, abi: Abi = 'x86_64'): AnyCall {
  const number = allRowsOf(abi).find((row) => row.name === name)?.number ?? 0
  const raw = { args: [first] }
  const toString = (): string => name
  return { type: 'syscall', pid: 1, tid: 1, name, number, abi, startNs: 0n, args: {}, ok: true, raw, toString }
}
