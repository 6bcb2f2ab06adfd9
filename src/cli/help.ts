/** `syscope --help`, from the options: what people want to do first, then the options that do it. */

import { styleText } from 'node:util'
import { groups, options, type CliOption } from './options.ts'
import { keyGroups } from './rule-keys.ts'

const width = 80
const indent = 26

const opening = `syscope shows every system call that a program makes, as strace does.

Usage: syscope [options] command [arguments]    run a command and trace it
       syscope [options] -p PID [command]       trace what runs already
       syscope [options] --load FILE            show what --save FILE has kept

  syscope ls -l /                all calls on stderr, what ls prints on stdout
  syscope -f -o log npm test     with all child processes, into a file

A line reads: name(arguments) = result. A call that failed says why:
  openat(AT_FDCWD, "/nope", O_RDONLY) = -1 ENOENT (No such file or directory)

Options stand before the command; what follows it is its own. Letters can stand
together (-fqo log), long options can be cut short (--string=64), and the last
one given counts. In sets, "!" means all but these: -e trace='!read,write'.
`

const closing = `The exit status is that of the command; if a signal killed it, syscope dies of
the same one. With --load it is 1 if the file is damaged or breaks off, else 0.
`

/** What the options of a group are for: a command, and what it does. */
export const examples: Readonly<Record<(typeof groups)[number], readonly (readonly [string, string])[]>> = {
  Startup: [
    ['syscope -p $(pgrep -d, node)', 'these processes, until Ctrl-C'],
    ['syscope -f -E DEBUG=1 -u www ./serve', 'as another user, with a variable'],
  ],
  Filtering: [
    ['syscope -e %file -Z node app.js', 'why is a file not found?'],
    ['syscope -f -e trace=connect,sendto curl URL', 'whom does it talk to?'],
  ],
  Output: [
    ['syscope -ttt -T -y -o log make', 'when, how long, on which file'],
    ['syscope --json node app.js', 'a JSON object a line, for programs'],
    ['syscope -f --save run.trace -o /dev/null P', 'keep it all, and look at it later:'],
    ['syscope -y -Z --load run.trace', 'with any options'],
  ],
  Values: [
    ['syscope -s 200 -v -e trace=execve -f make', 'commands and environments in full'],
    ['syscope -e write=1,2 -e trace=write ls', 'every byte that it prints'],
  ],
  Statistics: [['syscope -c -f make', 'which calls, how often, how long']],
  'Changing calls': [
    ['syscope -f --deny network npm ci', 'does it work without the network?'],
    ['syscope -e inject=write:error=EIO:when=3 P', 'the third write of P fails'],
    ["syscope -fe fault='fsync:path=/d/:nth=1' P", 'its first fsync of such a file'],
    ['syscope --faults node save.js', 'what breaks when the disk fails?'],
  ],
  Help: [],
}

/** The text of `--help`. `isColored`: for a terminal. */
export function helpText(isColored = false): string {
  const bold = (text: string): string => (isColored ? styleText('bold', text) : text)
  const parts = groups.map((group) => {
    const lines = options.filter((option) => option.group === group).map((option) => optionText(option, bold))
    const shown = examples[group].map(([command, what]) => `  ${command.padEnd(43)} ${what}\n`)
    const keys = group === 'Changing calls' ? keysText() : ''
    return `${bold(group)}\n${shown.join('')}${shown.length === 0 ? '' : '\n'}${lines.join('')}${keys}`
  })
  return [opening, ...parts, closing].join('\n')
}

/** What stands behind the colons of rules. */
function keysText(): string {
  const parts = keyGroups.map(([heading, keys]) => {
    const lines = keys.map(({ key, value, help }) => `    ${`${key}${value}`.padEnd(24)} ${help}\n`)
    return `\n  ${heading}:\n${lines.join('')}`
  })
  return parts.join('')
}

function optionText(option: CliOption, bold: (text: string) => string): string {
  const heads = wrap(spellings(option), width - 2, ', ')
  const [last = ''] = heads.slice(-1)
  const [first = '', ...rest] = wrap(option.help, width - indent, ' ')
  const fits = last.length < indent - 3
  const head = heads.map((line) => `  ${bold(line)}`).join('\n')
  const start = fits
    ? `${head}${' '.repeat(indent - 2 - last.length)}${first}`
    : `${head}\n${' '.repeat(indent)}${first}`
  return [start, ...rest.map((line) => ' '.repeat(indent) + line), ''].join('\n')
}

/** `-s SIZE`, `-e abbrev=SET`, `--string-limit=SIZE`. */
export function spellings({ short, long, qualifiers, value, argument }: CliOption): readonly string[] {
  const all: string[] = []
  const shown = value ?? 'VALUE'
  if (short !== undefined) all.push(argument === 'required' ? `-${short} ${shown}` : `-${short}`)
  const [qualifier] = qualifiers ?? []
  if (qualifier !== undefined) all.push(`-e ${qualifier}=${shown}`)
  const [name] = long ?? []
  if (name !== undefined) {
    all.push(`--${name}${argument === undefined ? '' : argument === 'required' ? `=${shown}` : `[=${shown}]`}`)
  }
  return all
}

/** Pieces, as many to a line as fit. */
function wrap(pieces: string | readonly string[], columns: number, between: string): string[] {
  const lines: string[] = []
  let line = ''
  for (const piece of typeof pieces === 'string' ? pieces.split(' ') : pieces) {
    const longer = line === '' ? piece : line + between + piece
    if (line !== '' && longer.length > columns) {
      lines.push(line + between.trimEnd())
      line = piece
    } else line = longer
  }
  return [...lines, line]
}
