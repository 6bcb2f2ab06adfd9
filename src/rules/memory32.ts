/** What 32-bit programs have in memory where the table knows the 64-bit form only, as far as conditions ask about it. */

import type { CaptureSpec, FieldCapture, Kind } from '../args/arg.ts'
import { MAX_SOCKADDR } from '../args/net/sockaddr.ts'

const MAX_ELEMENTS = 1024
const IOCB_SIZE = 64

/** `msg_name` and `msg_namelen` of struct msghdr. */
const name: FieldCapture = { key: 0, at: 0, then: sockaddrOf({ field: 4, width: 4, signed: true }) }
const message: CaptureSpec = { copy: 'bytes', length: 28, fields: [name] }

function messages(count: { readonly arg: string } | { readonly field: number; readonly width: 4 }): CaptureSpec {
  return { copy: 'array', count, stride: 32, limit: MAX_ELEMENTS, fields: [name] }
}

function sockaddrOf(length: { readonly field: number; readonly width: 4; readonly signed: true }): CaptureSpec {
  return { copy: 'bytes', length, atMost: MAX_SOCKADDR }
}

const specs: Readonly<Record<string, CaptureSpec>> = {
  sendmsg: message,
  sendmmsg: messages({ arg: 'vlen' }),
  io_submit: {
    copy: 'array',
    count: { arg: 'nr' },
    stride: 4,
    limit: MAX_ELEMENTS,
    fields: [{ key: 0, at: 0, then: { copy: 'bytes', length: IOCB_SIZE } }],
  },
}

const pointers: ReadonlySet<string> = new Set(['messageIn', 'messagesIn', 'iocbs'])

/** The same kind over 32-bit memory; undefined where nobody asks about it. */
export function kind32(kind: Kind, call: string): Kind | undefined {
  const entry = pointers.has(kind.kind) ? specs[call] : undefined
  return entry === undefined ? undefined : { kind: kind.kind, entry, print: () => '' }
}

/** An address in argument `index` of socketcall's list, with its length in the next one. */
function listed(index: number): FieldCapture {
  const length = { field: 4 * (index + 1), width: 4, signed: true } as const
  return { key: index, at: 4 * index, then: sockaddrOf(length) }
}

const buffer: FieldCapture = {
  key: 1,
  at: 4,
  then: { copy: 'bytes', length: { field: 8, width: 4 }, limit: 'data' },
}

/** socketcall(2)'s operations, in the order of their numbers from 1: the call, how many arguments it has, and what they point to. */
export const SOCKET_OPERATIONS: readonly (readonly [call: string, count: number, fields?: readonly FieldCapture[]])[] =
  [
    ['socket', 3],
    ['bind', 3, [listed(1)]],
    ['connect', 3, [listed(1)]],
    ['listen', 2],
    ['accept', 3],
    ['getsockname', 3],
    ['getpeername', 3],
    ['socketpair', 4],
    // Without an address: send and recv.
    ['sendto', 4, [buffer]],
    ['recvfrom', 4],
    ['sendto', 6, [buffer, listed(4)]],
    ['recvfrom', 6],
    ['shutdown', 2],
    ['setsockopt', 5],
    ['getsockopt', 5],
    ['sendmsg', 3, [{ key: 1, at: 4, then: message }]],
    ['recvmsg', 3],
    ['accept4', 4],
    ['recvmmsg', 5],
    ['sendmmsg', 4, [{ key: 1, at: 4, then: messages({ field: 8, width: 4 }) }]],
  ]

/** socketcall(2)'s second argument: a list of arguments in memory. `operation` names the first. */
export function listKind(operation: string): Kind {
  const cases = SOCKET_OPERATIONS.map(([, count, fields = []], index) => {
    const then: CaptureSpec = { copy: 'bytes', length: 4 * count, fields }
    return { equals: index + 1, mask: 0xffff_ffff, then }
  })
  return { kind: 'list', entry: { copy: 'switch', on: { arg: operation, width: 4 }, cases }, print: () => '' }
}
