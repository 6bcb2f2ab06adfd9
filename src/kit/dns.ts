/** DNS questions, out of the bytes that were sent. */

/** What was asked. */
export interface Question {
  /** Without the dot at the end; `.` for the root. What is no printable character of ASCII is written `\255`, as in zone files. */
  readonly name: string
  /** `A`, `AAAA`, `MX`; `TYPE4711` for one without a name here. Absent where the service that is asked has other words for it. */
  readonly type?: string
}

const TYPES: Readonly<Record<number, string>> = {
  1: 'A',
  2: 'NS',
  5: 'CNAME',
  6: 'SOA',
  12: 'PTR',
  13: 'HINFO',
  15: 'MX',
  16: 'TXT',
  28: 'AAAA',
  29: 'LOC',
  33: 'SRV',
  35: 'NAPTR',
  39: 'DNAME',
  43: 'DS',
  46: 'RRSIG',
  47: 'NSEC',
  48: 'DNSKEY',
  52: 'TLSA',
  64: 'SVCB',
  65: 'HTTPS',
  251: 'IXFR',
  252: 'AXFR',
  255: 'ANY',
  256: 'URI',
  257: 'CAA',
}

const HEADER = 12
/** QR and the operation; a question has neither. */
const NO_QUERY = 0xf800

/** The questions of a message (RFC 1035, 4.1), as far as the bytes go; none of what is no query. */
export function questionsOf(message: Uint8Array): readonly Question[] {
  if (message.length < HEADER) return []
  const view = viewOf(message)
  if ((view.getUint16(2) & NO_QUERY) !== 0) return []
  const count = view.getUint16(4)
  const questions: Question[] = []
  for (let at = HEADER; questions.length < count;) {
    const name = nameAt(message, at)
    if (name === undefined || name.end + 4 > message.length) break
    const type = view.getUint16(name.end)
    questions.push({ name: name.text, type: TYPES[type] ?? `TYPE${type}` })
    at = name.end + 4
  }
  return questions
}

/** `end` is behind the name. A question comes first, so there is nothing that its name could point back to. */
function nameAt(message: Uint8Array, start: number): { readonly text: string; readonly end: number } | undefined {
  const labels: string[] = []
  for (let at = start; ;) {
    const length = message[at]
    // Cut off, or a pointer.
    if (length === undefined || length > 63) return undefined
    at += 1
    if (length === 0) return { text: labels.length === 0 ? '.' : labels.join('.'), end: at }
    if (at + length > message.length) return undefined
    labels.push(labelText(message.subarray(at, at + length)))
    at += length
  }
}

function labelText(label: Uint8Array): string {
  return Array.from(label, (byte) => {
    if (byte <= 0x20 || byte >= 0x7f) return `\\${String(byte).padStart(3, '0')}`
    const char = String.fromCodePoint(byte)
    return char === '.' || char === '\\' ? `\\${char}` : char
  }).join('')
}

/** Takes a stream of DNS over TCP apart: each message has its length in front (RFC 1035, 4.2.2). */
export class DnsStream {
  #rest = new Uint8Array()
  /** Bytes are missing: where a message begins is not known any more. */
  #isLost = false

  /** The questions of the messages that are whole now. `length`: how many bytes were sent, of which `bytes` may be only the first. */
  push(bytes: Uint8Array, length: number): readonly Question[] {
    if (this.#isLost) return []
    this.#isLost = bytes.length < length
    this.#rest = Buffer.concat([this.#rest, bytes])
    const questions: Question[] = []
    while (this.#rest.length >= 2) {
      const size = viewOf(this.#rest).getUint16(0)
      if (this.#rest.length < 2 + size && !this.#isLost) break
      questions.push(...questionsOf(this.#rest.subarray(2, 2 + size)))
      this.#rest = this.#rest.subarray(2 + size)
    }
    return questions
  }
}

/** Types of requests to nscd(8) that are for addresses (glibc, nscd/nscd-client.h). */
const NSCD_TYPES: Readonly<Record<number, string | undefined>> = { 4: 'A', 5: 'AAAA', 14: undefined }
const NSCD_VERSION = 2
const NSCD_HEADER = 12

/** What nscd(8) is asked: version, type, size of the key, and the key, a C string. */
export function nscdQuestion(message: Uint8Array): Question | undefined {
  if (message.length < NSCD_HEADER) return undefined
  const view = viewOf(message)
  const kind = view.getInt32(4, true)
  if (view.getInt32(0, true) !== NSCD_VERSION || !Object.hasOwn(NSCD_TYPES, kind)) return undefined
  const key = message.subarray(NSCD_HEADER, NSCD_HEADER + view.getInt32(8, true))
  const end = key.indexOf(0)
  const type = NSCD_TYPES[kind]
  const name = Buffer.from(end === -1 ? key : key.subarray(0, end)).toString()
  return name === '' ? undefined : { name, ...(type === undefined ? {} : { type }) }
}

/** What systemd-resolved is asked by varlink: JSON with a NUL behind it. Its families are those of sockets. */
export function varlinkQuestion(message: Uint8Array): Question | undefined {
  const text = Buffer.from(message).toString()
  if (!/"io\.systemd\.Resolve\.Resolve(?:Hostname|Record|Service)"/.test(text)) return undefined
  // As far as it was recorded, which need not be all of it.
  const name = /"name"\s*:\s*("(?:[^"\\]|\\.)*")/.exec(text)?.[1]
  const family = /"family"\s*:\s*(\d+)/.exec(text)?.[1]
  const parsed: unknown = name === undefined ? undefined : parseString(name)
  if (typeof parsed !== 'string') return undefined
  return { name: parsed, ...(family === '2' ? { type: 'A' } : family === '10' ? { type: 'AAAA' } : {}) }
}

/** A string of JSON; `undefined` for what is none. */
function parseString(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
}
