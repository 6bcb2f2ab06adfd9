/** Questions for names, in what is sent to those who answer them. */

import { nscdQuestion, questionsOf, varlinkQuestion, type DnsStream, type Question } from './dns.ts'
import type { Lookup } from './network.ts'
import type { Address } from './peer.ts'
import type { Message } from './transfers.ts'

/** The socket that a question goes through. */
interface Asking {
  readonly type: string | undefined
  readonly dns: DnsStream
}

const DNS_PORT = 53
const nscdPath = /^(?:\/var)?\/run\/nscd\/socket$/
const varlinkPath = '/run/systemd/resolve/io.systemd.Resolve'

interface Asked {
  readonly via: Lookup['via']
  /** One without a name where it was not recorded. */
  readonly questions: readonly (Question | Record<string, never>)[]
}

/** What is asked of a server of names; `undefined` for others. */
export function questionsTo(socket: Asking, server: Address, message: Message): Asked | undefined {
  if (server.family === 'unix') return unixQuestions(server, message)
  if ((server.family !== 'inet' && server.family !== 'inet6') || server.port !== DNS_PORT) return undefined
  const { bytes, length } = message
  const isStream = socket.type === 'SOCK_STREAM'
  const questions = isStream ? socket.dns.push(bytes, length) : questionsOf(bytes)
  const isUnread = questions.length === 0 && bytes.length < length
  return { via: isStream ? 'tcp' : 'udp', questions: isUnread ? [{}] : questions }
}

function unixQuestions({ path = '' }: { readonly path?: string }, message: Message): Asked | undefined {
  const isNscd = nscdPath.test(path)
  if (!isNscd && path !== varlinkPath) return undefined
  const { bytes, length } = message
  const question = isNscd ? nscdQuestion(bytes) : varlinkQuestion(bytes)
  const isUnread = question === undefined && bytes.length < length
  return { via: isNscd ? 'nscd' : 'resolved', questions: isUnread ? [{}] : question === undefined ? [] : [question] }
}
