/** What changes from run to run and from machine to machine inside a line, replaced by words. */

import { realpathSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { basename } from 'node:path'
import { escapeBytes } from '../../args/quote.ts'
import { encodeString } from '../../args/surrogates.ts'

/** A pattern, and what is put in its place: everywhere, in the line as the replacements before it have left it. */
export type Replacement = readonly [pattern: string | RegExp, replacement: string]

export interface TokenSources {
  /** Directory that the command began in. */
  readonly cwd: string
  /** Paths of the programs that ran. */
  readonly programs: readonly string[]
  /** Components of paths that were made in the run, and what they are called here. */
  readonly made: ReadonlyMap<string, string>
  readonly replace: readonly Replacement[]
}

/** A function that replaces what changes in a line. */
export function tokensFor({ cwd, programs, made, replace }: TokenSources): (line: string) => string {
  const all = [...pathReplacements(cwd, programs), ...fixed, ...descriptors, ...replace.map(everywhere)]
  const withMade = madeTokens(made)
  return (line) => {
    let text = withMade(line)
    for (const [pattern, replacement] of all) text = text.replaceAll(pattern, replacement)
    return text
  }
}

/** An expression that replaces all that it finds, and does not remember where it was. */
function everywhere([pattern, replacement]: Replacement): Replacement {
  if (typeof pattern === 'string') return [pattern, replacement]
  const flags = pattern.flags.replaceAll(/[gy]/g, '')
  return [new RegExp(pattern.source, `${flags}g`), replacement]
}

/** Ports from here on are given by the kernel (ip(7), `ip_local_port_range`). */
const fixed: readonly Replacement[] = [
  [/(?<=\/proc\/)\d+(?=[/"\s,>]|$)/g, '<pid>'],
  [/(?<=\/proc\/(?:self|thread-self|<pid>)\/task\/)\d+/g, '<tid>'],
  [/(?<=\/proc\/(?:self|thread-self|<pid>)\/(?:task\/<tid>\/)?(?:fd|fdinfo)\/|\/dev\/fd\/)\d+/g, '<fd>'],
  [/(?<=\/dev\/pts\/)\d+/g, '<n>'],
  [/(?<=\/sys\/fs\/cgroup\/)[^"\s]+(?=\/)/g, '<group>'],
  [/\b(pipe|socket|anon_inode|net|mnt|pid|user|uts|ipc|cgroup|time):\[\d+\]/g, '$1'],
  [/(?<=\bnl_pid=)[1-9]\d*/g, '<pid>'],
  [/(?<=\bsin6?_port=htons\()(?:3276[89]|327[7-9]\d|32[89]\d\d|3[3-9]\d{3}|[4-6]\d{4})(?=\))/g, '<port>'],
  [/\b0x[0-9a-f]{6,16}\b/g, '<address>'],
]

/** A token in the name of a descriptor needs no brackets of its own. */
const descriptors: readonly Replacement[] = [
  [/<<cwd>\/([^<>]*)>/g, '<$1>'],
  [/<<(\w+)>([^<>]*)>/g, '<$1$2>'],
]

function pathReplacements(cwd: string, programs: readonly string[]): readonly Replacement[] {
  const nodes = [process.execPath, ...programs.filter((path) => basename(path) === 'node')]
  const named: readonly (readonly [path: string, token: string])[] = [
    ...nodes.flatMap(spellings).map((path) => [path, '<node>'] as const),
    ...spellings(cwd).map((path) => [path, '<cwd>'] as const),
    ...[tmpdir(), '/tmp'].flatMap(spellings).map((path) => [path, '<tmp>'] as const),
    ...spellings(homedir()).map((path) => [path, '<home>'] as const),
  ]
  // The root directory would be everywhere. Of two that lead to the same, the first.
  const found = named.filter(([path], at) => path.length > 1 && named.findIndex((it) => it[0] === path) === at)
  return found
    .toSorted((one, other) => other[0].length - one[0].length)
    .map(([path, token]) => [wholePath(path), token])
}

/** As it is given, and without symbolic links. */
function spellings(path: string): readonly string[] {
  try {
    return [path, realpathSync(path)]
  } catch {
    return [path]
  }
}

/** A path and what is under it, as a line spells it; not `/tmp` in `/var/tmp` or `/tmpfiles`. */
function wholePath(path: string): RegExp {
  return new RegExp(`(?<![\\w.-])${escapeRegExp(spell(path))}(?![\\w.-])`, 'g')
}

/** A function that gives the components of paths that were made in the run their names of here. */
function madeTokens(made: ReadonlyMap<string, string>): (line: string) => string {
  if (made.size === 0) return (line) => line
  const spelled = new Map([...made].map(([name, shown]) => [spell(name), shown]))
  return (line) => line.replaceAll(/[^/"<>]+/g, (part) => spelled.get(part) ?? part)
}

/** As a line spells it. */
function spell(text: string): string {
  return escapeBytes(encodeString(text), 'none')
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')
}
