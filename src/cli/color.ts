/** Colours of the trace, by strace's words and environment variables. */

import type { Settings } from './settings.ts'

/** Text of the trace, as it goes out, with colours. A line may come in parts. */
export type Painter = (text: string) => string

type Part = 'syscall' | 'argname' | 'argval' | 'call' | 'const' | 'comment' | 'punct' | 'retval' | 'error'
type Palette = Readonly<Record<Part, string>>

/** Parameters of the terminal's "select graphic rendition". */
const defaultPalette: Palette = {
  syscall: '33',
  argname: '39',
  argval: '35',
  call: '33',
  const: '34',
  comment: '36',
  punct: '0',
  retval: '32',
  error: '31',
}

/** `isTerminal`: that is where the trace goes. */
export function painterFor({ color, separately }: Settings, isTerminal: boolean, env = process.env): Painter {
  const isAuto = color === 'auto' && isTerminal && !separately && knowsColors(env)
  return isAuto || color === 'always' ? createPainter(readPalette(env['STRACE_COLORS'] ?? '')) : (text) => text
}

function knowsColors({ NO_COLOR, TERM = '' }: NodeJS.ProcessEnv): boolean {
  return NO_COLOR === undefined && !['', 'dumb', 'unknown'].includes(TERM.toLowerCase())
}

/** `syscall=1;31:punct=34`. What is wrong in it counts as not said. */
export function readPalette(words: string): Palette {
  const palette = { ...defaultPalette }
  for (const word of words.split(':')) {
    const [, name = '', value = ''] = /^\s*(\w+)\s*=\s*([\d;]*\d[\d;]*)\s*$/.exec(word) ?? []
    const part = name.toLowerCase()
    if (isPart(part)) palette[part] = value
  }
  return palette
}

function isPart(word: string): word is Part {
  return Object.hasOwn(defaultPalette, word)
}

/** What stands before a call, or is a line of its own: time and pid, then `--- SIG`, `+++ exited`, a dump, our messages. */
const leader = /^(?:\[[^\]]*\] |\(\+[^)]*\) |[\d:. ]+ )*/
const callStart = /^(?:(<\.\.\. )(\w+(?:#64)?)( resumed>)|(\w+(?:#64)?)(?=\())/
const token =
  /("(?:[^"\\]|\\.)*"(?:\.\.\.)?)|(\/\*.*?\*\/)|([A-Za-z_]\w*)(?==[^=>])|([a-z_]\w*)(?=\()|([A-Z][A-Z0-9_]*\b)|(0x[0-9a-f]+|-?\d+(?:\.\d+)?)|([^\w"\s]+)/g
const partsOfTokens: readonly Part[] = ['argval', 'comment', 'argname', 'call', 'const', 'argval', 'punct']

export function createPainter(palette: Palette): Painter {
  const paint = (part: Part, text: string): string =>
    text === '' || palette[part] === '0' ? text : `\u001B[${palette[part]}m${text}\u001B[0m`
  const tokens = (text: string): string =>
    text.replaceAll(token, (whole, ...found: readonly unknown[]) => {
      const index = partsOfTokens.findIndex((_, at) => found[at] !== undefined)
      return paint(partsOfTokens[index] ?? 'punct', whole)
    })
  const outcome = (text: string): string => {
    const [, before = '', value = '', failure = '', rest = ''] =
      /^( *= )(\S+)( E[A-Z0-9_]+ \(.*?\)| \(errno \d+\))?(.*)$/s.exec(text) ?? []
    if (before === '') return text
    return paint('punct', before) + paint('retval', value) + paint('error', failure) + tokens(rest)
  }
  const insideCall = (text: string): string => {
    // Behind the last parenthesis that a result follows; a string could hold the same, so the last one counts.
    const end = /^(.*\))( *= .*)$/s.exec(text)
    return end === null ? tokens(text) : tokens(end[1] ?? '') + outcome(end[2] ?? '')
  }
  let isOpen = false
  const line = (text: string): string => {
    if (isOpen) return insideCall(text)
    const front = leader.exec(text)?.[0] ?? ''
    const rest = text.slice(front.length)
    const start = callStart.exec(rest)
    if (start === null) return text
    const [whole, before = '', resumed = '', after = '', name = ''] = start
    const title = resumed === '' ? paint('syscall', name) : before + paint('syscall', resumed) + after
    return front + title + insideCall(rest.slice(whole.length))
  }
  return (text) => {
    const painted: string[] = []
    for (const one of text.split('\n')) {
      if (painted.length > 0) isOpen = false
      painted.push(one === '' ? '' : line(one))
    }
    isOpen = (isOpen || text.includes('\n') || text !== '') && !text.endsWith('\n')
    return painted.join('\n')
  }
}
