/** JSON with comments -> its value, and where each part of it stands. */

import { parseTree, printParseErrorCode, type Node, type ParseError } from 'jsonc-parser'

/** From 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** What is wrong with a document's text. */
export class SyntaxFault extends Error {
  override readonly name = 'SyntaxFault'
  readonly position: Position

  constructor(message: string, position: Position) {
    super(message)
    this.position = position
  }
}

export interface Document {
  readonly value: unknown
  /**
   * Where a part stands: the value that `path` leads to, or as far as there is one. With `isKey`, the key that leads to it. A path as
   * messages have it: `inject[2].args.flags`.
   */
  locate(path: string, isKey?: boolean): Position
}

/** Lists within lists end somewhere: a rule has no ten of them. */
const deepest = 64

/** Throws `SyntaxFault`. */
export function parseDocument(text: string): Document {
  const errors: ParseError[] = []
  const tree = isTooDeep(text) ? undefined : parseTree(text, errors, { allowTrailingComma: true })
  const [first] = errors
  if (first !== undefined) throw new SyntaxFault(wordsOf(first, text), positionAt(text, first.offset))
  if (tree === undefined) throw new SyntaxFault('too many lists within lists', { line: 1, column: 1 })
  return {
    value: valueOf(tree, text),
    locate: (path, isKey = false) => positionAt(text, find(tree, segmentsOf(path), isKey)),
  }
}

/** Counts brackets before anything is parsed: the parser calls itself for each. */
function isTooDeep(text: string): boolean {
  let depth = 0
  let most = 0
  for (const char of text.replaceAll(/"(?:\\.|[^"\\\n])*"/g, '')) {
    if (char === '[' || char === '{') most = Math.max(most, ++depth)
    else if (char === ']' || char === '}') depth--
  }
  return most > deepest
}

const faults: Readonly<Record<string, string>> = {
  InvalidSymbol: 'not a word of JSON',
  InvalidNumberFormat: 'not a number',
  PropertyNameExpected: 'expected a key in double quotes',
  ValueExpected: 'expected a value',
  ColonExpected: 'expected a colon',
  CommaExpected: 'expected a comma',
  CloseBraceExpected: 'expected }',
  CloseBracketExpected: 'expected ]',
  EndOfFileExpected: 'expected the end of the file',
  InvalidCommentToken: 'not a comment',
  UnexpectedEndOfComment: 'the comment does not end',
  UnexpectedEndOfString: 'the string does not end',
  UnexpectedEndOfNumber: 'the number does not end',
  InvalidUnicode: 'not four hexadecimal digits after \\u',
  InvalidEscapeCharacter: 'nothing is escaped so in JSON',
  InvalidCharacter: 'not a character of JSON',
}

function wordsOf({ error, offset, length }: ParseError, text: string): string {
  const words = faults[printParseErrorCode(error)] ?? 'not JSON'
  const found = text.slice(offset, offset + Math.min(length, 40)).split('\n')[0] ?? ''
  return found === '' ? words : `${words}, got ${found}`
}

function valueOf(node: Node, text: string): unknown {
  switch (node.type) {
    case 'object':
      return objectOf(node, text)
    case 'array':
      return node.children?.map((child) => valueOf(child, text)) ?? []
    case 'number': {
      const digits = text.slice(node.offset, node.offset + node.length)
      return /^-?\d+$/.test(digits) && !Number.isSafeInteger(Number(digits)) ? BigInt(digits) : Number(digits)
    }
    default:
      return node.value
  }
}

/** Throws where a key is there twice: one of the two would be lost. */
function objectOf(node: Node, text: string): Readonly<Record<string, unknown>> {
  const members = new Map<string, unknown>()
  for (const { children: [key, value] = [] } of node.children ?? []) {
    if (key === undefined || value === undefined) continue
    const name = String(key.value)
    if (members.has(name))
      throw new SyntaxFault(`the key ${JSON.stringify(name)} is there twice`, positionAt(text, key.offset))
    members.set(name, valueOf(value, text))
  }
  return Object.fromEntries(members)
}

function segmentsOf(path: string): readonly (string | number)[] {
  return [...path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)].map(([, index, name = '']) =>
    index === undefined ? name : Number(index),
  )
}

/** Offset of the value at the end of the path, or of its key. */
function find(root: Node, segments: readonly (string | number)[], isKey: boolean): number {
  let at = root
  let offset = root.offset
  for (const segment of segments) {
    const property = at.children?.find((it) => it.type === 'property' && it.children?.[0]?.value === segment)
    const next = typeof segment === 'number' ? elementOf(at, segment) : property?.children?.[1]
    if (next === undefined) return offset
    offset = isKey && property !== undefined ? property.offset : next.offset
    at = next
  }
  return offset
}

/** One rule may stand without its list. */
function elementOf(node: Node, index: number): Node | undefined {
  if (node.type === 'array') return node.children?.[index]
  return index === 0 ? node : undefined
}

function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}
