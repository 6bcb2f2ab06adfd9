/**
 * Rules as the command line writes them: `SET:KEY=VALUE:WORD:…`, strace's syntax of -e inject=. Values that can hold a colon (paths,
 * addresses) go on to the next key.
 */

/** One of the parts behind the set. `value` is undefined for a word without `=`. */
export interface Token {
  readonly key: string
  readonly value: string | undefined
}

const openKeys: ReadonlySet<string> = new Set(['path', 'fd', 'addr', 'process', 'except'])

/** `isWord` says which parts without `=` are words of their own, not what follows the colon of a value. */
export function splitExpression(text: string, isWord: (word: string) => boolean): readonly Token[] {
  const tokens: Token[] = []
  // Several colons in a row separate as one does, but belong to a value that goes on behind them.
  let between = ''
  for (const part of text.split(':')) {
    between += ':'
    if (part === '') continue
    const last = tokens.at(-1)
    const [, key, value] = /^([a-z_]+[1-9]?)=(.*)$/s.exec(part) ?? []
    if (key !== undefined) tokens.push({ key, value })
    else if (last?.value !== undefined && openKeys.has(last.key) && !isWord(part)) {
      tokens[tokens.length - 1] = { key: last.key, value: last.value + between + part }
    } else tokens.push({ key: part, value: undefined })
    between = ''
  }
  return tokens
}
