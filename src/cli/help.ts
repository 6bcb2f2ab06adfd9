/** `syscope --help`, from the options. */

import { groups, options, type CliOption } from './options.ts'

const width = 100
const indent = 26

const opening = `syscope shows every system call that a program makes, as strace does: name, arguments, result.

Usage: syscope [options] command [arguments]     run a command and trace it
       syscope [options] -p PID                  trace a process that runs already

  syscope ls -l /                     every call of ls on stderr, its own output on stdout
  syscope -f -o log npm test          with all child processes, into a file
  syscope -e %file -Z node app.js     only calls on files that failed: why is it not found?
  syscope -e trace=connect,sendto -f curl https://example.org
  syscope -c -f make                  which calls, how often, how long
  syscope --json node app.js          for programs: one JSON object a line
  syscope --deny %network npm ci      does it work without the network?

A line reads: name(arguments) = result. Errors look like "= -1 ENOENT (No such file or directory)".
Options stand before the command; what follows the command is the command's own.
`

const closing = `The exit status is that of the command; if a signal killed it, syscope dies of the same one.
`

/** The text of `--help`. */
export function helpText(): string {
  const parts = groups.map((group) => {
    const lines = options.filter((option) => option.group === group).map(optionText)
    return `${group}:\n${lines.join('')}`
  })
  return [opening, ...parts, closing].join('\n')
}

function optionText(option: CliOption): string {
  const head = `  ${spellings(option)}`
  const [first = '', ...rest] = wrap(option.help, width - indent)
  const start = head.length < indent - 1 ? `${head.padEnd(indent)}${first}` : `${head}\n${' '.repeat(indent)}${first}`
  return [start, ...rest.map((line) => ' '.repeat(indent) + line), ''].join('\n')
}

/** `-s SIZE, --string-limit=SIZE, -e abbrev=…`. */
function spellings({ short, long, qualifiers, value, argument }: CliOption): string {
  const all: string[] = []
  const shown = value ?? 'VALUE'
  if (short !== undefined) all.push(argument === 'required' ? `-${short} ${shown}` : `-${short}`)
  const [qualifier] = qualifiers ?? []
  if (qualifier !== undefined) all.push(`-e ${qualifier}=${shown}`)
  const [name] = long ?? []
  if (name !== undefined)
    all.push(`--${name}${argument === undefined ? '' : argument === 'required' ? `=${shown}` : `[=${shown}]`}`)
  return all.join(', ')
}

function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = ''
    }
    line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
