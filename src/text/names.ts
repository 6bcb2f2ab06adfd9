/** Names of calls as seccomp spells them: number and audit architecture. */

import type { Abi } from '../args/arg.ts'
import { nameOf } from '../table/index.ts'

const abiByAudit: Readonly<Record<number, Abi>> = { 0xc000003e: 'x86_64', 0x40000003: 'i386' }

export function syscallNameOfAudit(number: number, auditArchitecture: number): string | undefined {
  const abi = abiByAudit[auditArchitecture]
  if (abi === undefined) return undefined
  const name = nameOf(abi, number)
  return name.startsWith('syscall_0x') ? undefined : name
}
