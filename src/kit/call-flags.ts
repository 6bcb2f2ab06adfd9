/** Flags of calls, and what else they say of the descriptors that they make. */

import { isObject } from '../checks.ts'
import type { AnyCall } from './recorded.ts'

/** Asked for several times of one call, and then of the next. */
let last: { readonly call: AnyCall; readonly flags: readonly string[] } | undefined

/** Names of the flags of a call that makes descriptors. */
export function flagsOf(call: AnyCall): readonly string[] {
  if (last?.call !== call) last = { call, flags: readFlags(call) }
  return last.flags
}

function readFlags(call: AnyCall): readonly string[] {
  if (call.name === 'creat') return ['O_WRONLY', 'O_CREAT', 'O_TRUNC']
  const { flags, type, how, oflag } = call.args
  return namesIn(flags) ?? namesIn(how) ?? namesIn(type) ?? namesIn(oflag) ?? []
}

/** The names of the bits in flags, or in a struct that has flags; `undefined` for what has none. */
export function namesIn(value: unknown): readonly string[] | undefined {
  if (!isObject(value)) return undefined
  const { names, flags } = value
  return Array.isArray(names) ? names.map(String) : namesIn(flags)
}

/** Domain and type of a socket that a call makes. */
export function socketOf(call: AnyCall): { readonly domain: string; readonly type: string } {
  const type = namesIn(call.args['type'])?.find(
    (name) => name.startsWith('SOCK_') && !/_(CLOEXEC|NONBLOCK)$/.test(name),
  )
  return { domain: String(call.args['domain']), type: type ?? String(call.args['type']) }
}

/** The numbers of the descriptors that messages carry. */
export function carriedFds(message: unknown): readonly number[] {
  if (Array.isArray(message)) return message.flatMap(carriedFds)
  const control = isObject(message) ? message['msg_control'] : undefined
  if (!Array.isArray(control)) return []
  return control.flatMap((part: unknown) =>
    isObject(part) && Array.isArray(part['fds']) ? part['fds'].map(Number) : [],
  )
}
