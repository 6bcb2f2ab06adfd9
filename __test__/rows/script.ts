/** Scripts of system calls for the fixture `script` (crates/fixtures/src/script.rs): words and blocks of memory, as text. */

import { rowByName, type SyscallName } from '../../src/table/index.ts'

/** A word of a call: a number, or an expression that the fixture computes. */
export type Word = number | bigint | Expression

/** Made by the functions below. */
export interface Expression {
  readonly expression: string
}

/** Bytes of a block. */
export interface Part {
  readonly part: string
}

/** One call: its name and its words. */
export type Call = readonly [name: SyscallName, ...words: readonly Word[]]

/** Result of the call with this index among `before`. */
export const result = (index: number): Expression => ({ expression: `$${index}` })

/** Address of a new block; with a label the block can be named again. */
export function block(parts: readonly Part[], label?: string): Expression {
  const name = label === undefined ? '' : `#${label} `
  return { expression: `${name}[ ${parts.map(({ part }) => `${part} `).join('')}]` }
}

/** Address of a block that has a label, and the 32-bit number in it. */
export const at = (label: string): Expression => ({ expression: `&${label}` })
export const intAt = (label: string, offset = 0): Expression => ({ expression: `*${label}+${offset}` })

/** A C string. */
export const string = (text: string): Expression => block([bytes(`${text}\0`)])

/** Room for what comes back, filled with zeros. */
export const room = (size: number, label?: string): Expression => block([zeros(size)], label)

/** Address of a signal handler that does nothing, of its restorer, of the end of a stack, of a page of its own. */
export const handler: Expression = { expression: '!handler' }
export const restorer: Expression = { expression: '!restorer' }
export const stack: Expression = { expression: '!stack' }
export const page: Expression = { expression: '!page' }

/** Address of a page that holds nothing but its own address, of bytes that are no text and have no end, of the last 4 of these. */
export const cycle: Expression = { expression: '!cycle' }
export const rest: Expression = { expression: '!rest' }
export const edge: Expression = { expression: '!edge' }

export const bytes = (data: string | Uint8Array): Part => ({ part: `x${Buffer.from(data).toString('hex')}` })
export const zeros = (size: number): Part => ({ part: `z${size}` })
export const u8 = (value: number): Part => bytes(Uint8Array.of(value))
export const u16 = (word: Word): Part => ({ part: `h ${text(word)}` })
export const u32 = (word: Word): Part => ({ part: `d ${text(word)}` })
export const u64 = (word: Word): Part => ({ part: `q ${text(word)}` })

/** What the fixture is called with. `waiting`: the call whose child waits for ever instead of ending at once. */
export function scriptArguments(calls: readonly Call[], waiting?: number): readonly string[] {
  return calls.map(([name, ...words], index) => {
    const row = rowByName(name)
    if (row === undefined) throw new Error(`${name} is no call`)
    return [`${row.number}${index === waiting ? '~' : ''}`, ...words.map(text)].join(' ')
  })
}

function text(word: Word): string {
  return typeof word === 'object' ? word.expression : String(word)
}
