/** Calls that only seem to be made. */

import { SECCOMP_RET } from '../../src/table/constants/bpf.ts'
import { PR, SECCOMP } from '../../src/table/constants/process.ts'
import { rowByName, type SyscallName } from '../../src/table/index.ts'
import { block, u16, u32, u64, u8, type Call, type Part } from './script.ts'

const BPF_LOAD = 0x20
const BPF_JUMP_IF_EQUAL = 0x15
const BPF_RETURN = 0x06
const instruction = (code: number, jumpTrue: number, jumpFalse: number, k: number): readonly Part[] => [
  u16(code),
  u8(jumpTrue),
  u8(jumpFalse),
  u32(k),
]

/**
 * Makes the call succeed without doing anything, from here on: for what few machines have, and for results that differ between
 * machines. What comes back is what was in memory before.
 */
export function pretended(name: SyscallName): readonly Call[] {
  const number = rowByName(name)?.number ?? -1
  const program = block([
    ...instruction(BPF_LOAD, 0, 0, 0),
    ...instruction(BPF_JUMP_IF_EQUAL, 0, 1, number),
    ...instruction(BPF_RETURN, 0, 0, SECCOMP_RET.values.SECCOMP_RET_ERRNO),
    ...instruction(BPF_RETURN, 0, 0, SECCOMP_RET.values.SECCOMP_RET_ALLOW),
  ])
  return [
    ['prctl', PR.values.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0],
    ['seccomp', SECCOMP.values.SECCOMP_SET_MODE_FILTER, 0, block([u64(4), u64(program)])],
  ]
}
