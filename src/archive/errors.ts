/** What goes wrong with files of traces, as typed errors. */

import { SyscopeError } from '../errors.ts'

/** A file that is no trace, of another version, or damaged; `errno` where it cannot be read at all. */
export function badTrace(path: string, what: string, cause?: unknown): SyscopeError {
  return new SyscopeError('ERR_SYSCOPE_BAD_TRACE', `${path}: ${what}`, details(cause))
}

/** A file that cannot be written; the errno is in `errno`. */
export function notSaved(path: string, cause: unknown): unknown {
  const { errno } = details(cause)
  if (errno === undefined) return cause
  return new SyscopeError('ERR_SYSCOPE_INVALID_ARGUMENT', `${path}: cannot be written (${errno})`, { cause, errno })
}

function details(cause: unknown): { readonly cause?: unknown; readonly errno?: string } {
  if (cause === undefined) return {}
  // By shape: jest runs modules in a realm of its own, where an error of Node's is no `instanceof Error`.
  const isSystem = typeof cause === 'object' && cause !== null && 'syscall' in cause && 'code' in cause
  return isSystem && typeof cause.code === 'string' ? { cause, errno: cause.code } : { cause }
}
