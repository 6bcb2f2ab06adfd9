/**
 * Command lines in the manner of getopt_long(3) with a leading `+`: the first word that is no option ends them, short
 * options cluster (`-fs32`), long ones may be abbreviated where that is unambiguous.
 */

/** What the parser needs to know of an option. */
export interface OptionShape {
  readonly short?: string
  /** Spellings of the long option, the preferred one first. */
  readonly long?: readonly string[]
  readonly argument?: 'required' | 'optional'
}

/** One option as it was given. */
export interface Given<Option extends OptionShape> {
  readonly option: Option
  /** As typed, for messages: `-s`, `--string-limit`. */
  readonly spelled: string
  readonly value: string | undefined
}

export interface Parsed<Option extends OptionShape> {
  readonly given: readonly Given<Option>[]
  /** The words from the first one that is no option. */
  readonly rest: readonly string[]
}

/** What is wrong with a command line, in getopt's words. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export function parseOptions<Option extends OptionShape>(
  words: readonly string[],
  options: readonly Option[],
): Parsed<Option> {
  const given: Given<Option>[] = []
  let at = 0
  while (at < words.length) {
    const word = words[at] ?? ''
    if (word === '--') return { given, rest: words.slice(at + 1) }
    if (!word.startsWith('-') || word === '-') break
    at++
    const next = words[at]
    const usedNext = word.startsWith('--')
      ? takeLong(word.slice(2), next, options, given)
      : takeCluster(word.slice(1), next, options, given)
    if (usedNext) at++
  }
  return { given, rest: words.slice(at) }
}

/** Reads `name` or `name=value`. Returns whether the next word was its value. */
function takeLong<Option extends OptionShape>(
  word: string,
  next: string | undefined,
  options: readonly Option[],
  given: Given<Option>[],
): boolean {
  const equals = word.indexOf('=')
  const typed = equals === -1 ? word : word.slice(0, equals)
  const { option, name } = findLong(typed, options)
  const spelled = `--${name}`
  if (equals !== -1) {
    if (option.argument === undefined) throw new UsageError(`option '${spelled}' doesn't allow an argument`)
    given.push({ option, spelled, value: word.slice(equals + 1) })
    return false
  }
  if (option.argument !== 'required') {
    given.push({ option, spelled, value: undefined })
    return false
  }
  if (next === undefined) throw new UsageError(`option '${spelled}' requires an argument`)
  given.push({ option, spelled, value: next })
  return true
}

function findLong<Option extends OptionShape>(
  typed: string,
  options: readonly Option[],
): { option: Option; name: string } {
  const found: { option: Option; name: string }[] = []
  for (const option of options) {
    for (const name of option.long ?? []) {
      if (name === typed) return { option, name }
      if (name.startsWith(typed)) found.push({ option, name })
    }
  }
  const [first] = found
  if (first === undefined) throw new UsageError(`unrecognized option '--${typed}'`)
  if (found.some(({ option }) => option !== first.option)) {
    const names = found.map(({ name }) => ` '--${name}'`).join('')
    throw new UsageError(`option '--${typed}' is ambiguous; possibilities:${names}`)
  }
  return first
}

/** Reads the letters after one dash. Returns whether the next word was the last one's value. */
function takeCluster<Option extends OptionShape>(
  letters: string,
  next: string | undefined,
  options: readonly Option[],
  given: Given<Option>[],
): boolean {
  for (let index = 0; index < letters.length; index++) {
    const letter = letters[index] ?? ''
    const option = options.find(({ short }) => short === letter)
    if (option === undefined) throw new UsageError(`invalid option -- '${letter}'`)
    const spelled = `-${letter}`
    if (option.argument !== 'required') {
      given.push({ option, spelled, value: undefined })
      continue
    }
    const attached = letters.slice(index + 1)
    if (attached !== '') {
      given.push({ option, spelled, value: attached })
      return false
    }
    if (next === undefined) throw new UsageError(`option requires an argument -- '${letter}'`)
    given.push({ option, spelled, value: next })
    return true
  }
  return false
}
