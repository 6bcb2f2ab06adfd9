/** What calls return. */

import type { CallView, ReturnKind, Style } from './arg.ts'

/** A count, or 0. */
export const decimal: ReturnKind = { kind: 'decimal' }
export const unsigned: ReturnKind = { kind: 'unsigned' }
export const hexadecimal: ReturnKind = { kind: 'hex' }
export const octalMode: ReturnKind = { kind: 'octal' }
/** A new descriptor. */
export const newFd: ReturnKind = { kind: 'fd', fd: true }
export const process: ReturnKind = { kind: 'pid', pid: 'process' }
export const thread: ReturnKind = { kind: 'pid', pid: 'thread' }
export const group: ReturnKind = { kind: 'pid', pid: 'group' }
export const session: ReturnKind = { kind: 'pid', pid: 'session' }
/** exit(2) and its kin do not return. */
export const nothing: ReturnKind = { kind: 'none' }

/** A plain result, with strace's words about it in parentheses. */
export function withNote(
  note: (call: CallView, style: Style) => string | undefined,
  kind: ReturnKind['kind'] = 'decimal',
): ReturnKind {
  return { kind, note }
}
