/** Calls of i386 that go by way of another call: the operation is in the first argument, and the others elsewhere. */

import { isNamed } from '../table/abi.ts'
import { allRowsOf, rowByName, type Row } from '../table/index.ts'
import { kind32, SOCKET_OPERATIONS } from './memory32.ts'
import { any, word, type Predicate } from './predicate.ts'
import type { RuleArgument, RuleRow } from './rows.ts'

/** linux/ipc.h; the upper half of the argument is a version. */
const ipcOperations: Readonly<Record<string, number>> = {
  semop: 1,
  semget: 2,
  semctl: 3,
  semtimedop: 4,
  msgsnd: 11,
  msgrcv: 12,
  msgget: 13,
  msgctl: 14,
  shmat: 21,
  shmdt: 22,
  shmget: 23,
  shmctl: 24,
}
const IPC_MASK = 0xffffn
const LIST = 1

/** The rows by which calls of the set can be made. `isApart`: by its operations, although socketcall itself is in the set. */
export function hiddenCalls(calls: ReadonlySet<string> | 'all', isApart: boolean): readonly RuleRow[] {
  const isMeant = (name: string): boolean => calls === 'all' || isNamed(calls, 'i386', name)
  const isWhole = isMeant('socketcall')
  const socketcall = rowOf('socketcall')
  const sockets =
    isWhole && !isApart
      ? []
      : SOCKET_OPERATIONS.flatMap(([name, count], index): readonly RuleRow[] => {
          if (!isWhole && !isMeant(name)) return []
          const operation = isOperation([index + 1])
          return [{ abi: 'i386', row: socketcall, args: listedArguments(name, count), operation, call: name }]
        })
  const numbers = Object.entries(ipcOperations).flatMap(([name, number]) => (isMeant(name) ? [number] : []))
  if (numbers.length === 0 || isMeant('ipc')) return sockets
  const operation = isOperation(numbers, IPC_MASK)
  return [...sockets, { abi: 'i386', row: rowOf('ipc'), args: undefined, operation }]
}

function rowOf(name: string): Row {
  const row = allRowsOf('i386').find((it) => it.name === name)
  if (row === undefined) throw new Error(`i386 has no ${name}`)
  return row
}

/** The arguments of a call that lie in socketcall's list. */
function listedArguments(name: string, count: number): readonly RuleArgument[] {
  const args = rowByName(name)?.args ?? []
  return args.slice(0, count).map(([argument, kind], index) => ({
    name: argument,
    index,
    kind: kind32(kind, name) ?? kind,
    list: { key: LIST, offset: 4 * index },
  }))
}

function isOperation(numbers: readonly number[], mask = 0xffff_ffffn): Predicate {
  return any(...numbers.map((it) => word({ of: 'argument', index: 0, width: 4 }, '==', BigInt(it), mask)))
}
