/** The globs of rules (`src/rules/glob.ts`), compared here: `?`, `*`, `**`, `[a-z]`, `[!a]`, `{a,b}`, `\x`. */

import { checkGlob } from '../../rules/glob.ts'
import { invalid } from '../../checks.ts'

/**
 * What a glob matches, whole.
 *
 * Throws ERR_SYSCOPE_INVALID_ARGUMENT for what is none; `where` is who was given it.
 * @example globPattern('/srv/*.json', 'toOpen()').test('/srv/a.json') // true
 */
export function globPattern(glob: string, where: string): RegExp {
  checkGlob(glob, (why) => invalid(`'${glob}', given to ${where}, is no glob: ${why}.`))
  let source = ''
  let depth = 0
  for (let at = 0; at < glob.length;) {
    const part = partAt(glob, at, depth)
    source += part.source
    depth += part.depth
    at += part.length
  }
  return new RegExp(`^${source}$`, 'su')
}

interface Part {
  readonly source: string
  /** How many characters of the glob it is. */
  readonly length: number
  /** By how much alternatives are nested deeper behind it. */
  readonly depth: number
}

function partAt(glob: string, at: number, depth: number): Part {
  const rest = glob.slice(at)
  const isStart = at === 0 || '/{,'.includes(glob.charAt(at - 1))
  const wide = isStart ? /^\*\*(\/|$|[,}])/.exec(rest) : null
  if (wide !== null) return wideStars(wide[1] ?? '', depth)
  switch (rest.charAt(0)) {
    case '*':
      return { source: '[^/]*', length: /^\*+/.exec(rest)?.[0].length ?? 1, depth: 0 }
    case '?':
      return { source: '[^/]', length: 1, depth: 0 }
    case '[':
      return characterClass(rest)
    case '{':
      return { source: '(?:', length: 1, depth: 1 }
    case '}':
      return depth > 0 ? { source: ')', length: 1, depth: -1 } : plain('}')
    case ',':
      return depth > 0 ? { source: '|', length: 1, depth: 0 } : plain(',')
    case '\\':
      return { ...plain(characterAt(rest, 1)), length: 1 + characterAt(rest, 1).length }
    default:
      return plain(characterAt(rest, 0))
  }
}

/** Any number of directories, or at the end whatever there is. */
function wideStars(behind: string, depth: number): Part {
  if (behind === '/') return { source: '(?:[^/]*/)*', length: 3, depth: 0 }
  // A comma or brace is for the next part, unless it is none.
  return behind === '' || depth > 0 ? { source: '.*', length: 2, depth: 0 } : { source: '[^/]*', length: 2, depth: 0 }
}

function characterClass(rest: string): Part {
  const [whole = '[', negation = '', members = ''] = /^\[([!^]?)(\]?(?:\\.|[^\]\\])*)\]/su.exec(rest) ?? []
  const escaped = members.replaceAll(
    /\\(.)|([\][^&|~\\])/gsu,
    (_, one: string | undefined, other: string) => String.raw`\u{${(one ?? other).codePointAt(0)?.toString(16)}}`,
  )
  return { source: `(?!/)[${negation === '' ? '' : '^'}${escaped}]`, length: whole.length, depth: 0 }
}

function characterAt(text: string, index: number): string {
  return String.fromCodePoint(text.codePointAt(index) ?? 0)
}

function plain(character: string): Part {
  return { source: character.replace(/[\\^$.*+?()[\]{}|/]/u, String.raw`\$&`), length: character.length, depth: 0 }
}
