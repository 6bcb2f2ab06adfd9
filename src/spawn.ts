/** A command as users write it -> what the engine starts. All look-ups are done before anything is started. */

import { accessSync, constants, readFileSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { encodeString, stringOf } from './args/surrogates.ts'
import { SyscopeError } from './errors.ts'
import type { NativeCommand, NativeStdio } from './native.ts'
import type { TraceOptions } from './options.ts'
import { invalid } from './checks.ts'

/** What execvp(3) searches where PATH is not set. */
const defaultPath = '/bin:/usr/bin'

/** A command and its arguments. */
export interface CommandLine {
  readonly file: string
  readonly args: readonly string[]
}

export function readCommand(file: unknown, args: unknown): CommandLine {
  if (!Array.isArray(args)) throw invalid(`Expected the arguments to be an array of strings, got ${inspect(args)}.`)
  for (const arg of args) {
    if (typeof arg !== 'string' || arg.includes('\0')) {
      throw invalid(`Expected the arguments to be strings without null bytes, got ${inspect(arg)}.`)
    }
  }
  const command = file instanceof URL ? pathOf(file) : file
  if (typeof command !== 'string' || command === '' || command.includes('\0')) {
    throw invalid(`Expected the command to be a path or a name, got ${inspect(file)}.`)
  }
  return { file: command, args }
}

/** The command of a tagged template: words, with each `${value}` one argument and each `${array}` several. No shell. */
export function readTemplate(strings: TemplateStringsArray, values: readonly unknown[]): CommandLine {
  const words: string[] = []
  let glues = false
  for (const [index, part] of literals(strings).entries()) {
    const pieces = part.split(/[ \t\r\n]+/)
    for (const [at, piece] of pieces.entries()) {
      if (at > 0) glues = false
      if (piece === '') continue
      append(words, piece, glues)
      glues = true
    }
    if (index < values.length) glues = appendValue(words, values[index], glues)
  }
  const [file, ...args] = words
  if (file === undefined) throw invalid('The command is empty.')
  return readCommand(file, args)
}

function literals(strings: TemplateStringsArray): readonly string[] {
  // The type has no `undefined`, which an invalid escape sequence gives.
  const invalidAt = strings.findIndex((part) => typeof part !== 'string')
  if (invalidAt < 0) return strings
  throw invalid(`The command has an invalid escape sequence: ${strings.raw[invalidAt]}`)
}

function appendValue(words: string[], value: unknown, glues: boolean): boolean {
  const items = wordsOf(value)
  for (const [index, item] of items.entries()) append(words, item, glues && index === 0)
  return glues || items.length > 0
}

function wordsOf(value: unknown): readonly string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value]
  return items.map((item) => {
    if (typeof item === 'string' || typeof item === 'number') return String(item)
    throw invalid(`Expected the values in the command to be strings, numbers or arrays of them, got ${inspect(item)}.`)
  })
}

function append(words: string[], piece: string, glues: boolean): void {
  const last = words.at(-1)
  if (glues && last !== undefined) words[words.length - 1] = last + piece
  else words.push(piece)
}

/** A command for a shell. What it says is the shell's to read. */
export function readShellCommand(shell: string, file: unknown, args: unknown): CommandLine {
  const { file: line } = readCommand(file, args)
  if (Array.isArray(args) && args.length > 0) {
    throw invalid(
      'A command with the `shell` option takes no arguments: write them into the command, or use a template.',
    )
  }
  return { file: shell, args: ['-c', line] }
}

/** The same of a template: each `${value}` is one word for the shell, and each `${array}` several. */
export function readShellTemplate(
  shell: string,
  strings: TemplateStringsArray,
  values: readonly unknown[],
): CommandLine {
  const parts = literals(strings)
  const line = parts.map((part, index) => part + (index < values.length ? quoteValue(values[index]) : '')).join('')
  return readShellCommand(shell, line.trim(), [])
}

function quoteValue(value: unknown): string {
  return wordsOf(value).map(quoteWord).join(' ')
}

/** As a shell takes it. */
export function quoteWord(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}

/** For people: `git commit -m 'first try'`. */
export function commandText({ file, args }: CommandLine): string {
  return [file, ...args].map(quoteWord).join(' ')
}

/** Throws ERR_SYSCOPE_BAD_CWD, _COMMAND_NOT_FOUND or _COMMAND_NOT_EXECUTABLE. */
export function prepareCommand(
  command: CommandLine,
  options: TraceOptions,
  stdio: readonly [NativeStdio, NativeStdio, NativeStdio],
): NativeCommand {
  const cwd = options.cwd instanceof URL ? pathOf(options.cwd) : options.cwd
  if (cwd !== undefined) checkDirectory(cwd)
  const env = environmentOf(options)
  if (options.preferLocal === true) env['PATH'] = localPath(resolve(cwd ?? '.'), env['PATH'] ?? defaultPath)
  const program = findProgram(command.file, env['PATH'] ?? defaultPath, cwd ?? process.cwd())
  return {
    candidates: [encodeString(program)],
    argv: [options.argv0 ?? command.file, ...command.args].map(encodeString),
    env: Object.entries(env).map(([name, value]) => encodeString(`${name}=${value}`)),
    ...(cwd === undefined ? {} : { cwd: encodeString(cwd) }),
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
    ...(options.groups === undefined ? {} : { groups: options.groups }),
    stdio,
    ...(options.inheritFds === undefined ? {} : { kept: options.inheritFds }),
  }
}

function environmentOf(options: TraceOptions): Record<string, string> {
  const env: Record<string, string> = {}
  const sources = options.extendEnv === false ? [options.env] : [ownEnvironment(), options.env]
  for (const [name, value] of sources.flatMap((source) => Object.entries(source ?? {}))) {
    if (value === undefined) delete env[name]
    else env[name] = value
  }
  return env
}

/** Where npm puts the programs of packages, from a directory up to the root, and then `path`. */
function localPath(directory: string, path: string): string {
  const own = join(directory, 'node_modules/.bin')
  const parent = dirname(directory)
  return parent === directory ? `${own}:${path}` : `${own}:${localPath(parent, path)}`
}

/** `process.env`, with what Node has replaced because it is not UTF-8 as it was given to us. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const env = { ...process.env }
  const isReplaced = Object.entries(env).some(([name, value]) => name.includes('\uFFFD') || value?.includes('\uFFFD'))
  if (!isReplaced) return env
  for (const entry of stringOf(readFileSync('/proc/self/environ')).split('\0')) {
    const at = entry.indexOf('=', 1)
    const [name, value] = [entry.slice(0, at), entry.slice(at + 1)]
    const [seenName, seenValue] = [name, value].map((text) => Buffer.from(encodeString(text)).toString())
    if (at < 1 || seenName === undefined || env[seenName] !== seenValue) continue
    Reflect.deleteProperty(env, seenName)
    env[name] = value
  }
  return env
}

/** The path to execute, as execvp(3) finds it: relative ones mean the command's own directory. */
function findProgram(file: string, path: string, cwd: string): string {
  if (file.includes('/')) return file
  let refused: string | undefined
  for (const directory of path.split(':')) {
    const candidate = directory === '' ? `./${file}` : `${directory}/${file}`
    const found = probe(isAbsolute(candidate) ? candidate : resolve(cwd, candidate))
    if (found === 'executable') return candidate
    if (found === 'file') refused ??= candidate
  }
  if (refused !== undefined) {
    const message = `${refused} is not executable; chmod +x would make it so.`
    throw new SyscopeError('ERR_SYSCOPE_COMMAND_NOT_EXECUTABLE', message, { operation: 'execve', errno: 'EACCES' })
  }
  const message = `Command not found: there is no ${file} in PATH (${path}). Give a path, or set PATH with the \`env\` option.`
  throw new SyscopeError('ERR_SYSCOPE_COMMAND_NOT_FOUND', message, { operation: 'execve', errno: 'ENOENT' })
}

/** A path as node:fs takes it when it need not be UTF-8. */
function pathBytes(path: string): Buffer {
  return Buffer.from(encodeString(path))
}

function probe(path: string): 'executable' | 'file' | 'absent' {
  try {
    if (!statSync(pathBytes(path)).isFile()) return 'absent'
  } catch {
    return 'absent'
  }
  try {
    accessSync(pathBytes(path), constants.X_OK)
    return 'executable'
  } catch {
    return 'file'
  }
}

function checkDirectory(cwd: string): void {
  let reason = 'it is not a directory'
  let errno = 'ENOTDIR'
  try {
    if (statSync(pathBytes(cwd)).isDirectory()) return
  } catch (error) {
    errno = error instanceof Error && 'code' in error ? String(error.code) : 'ENOENT'
    reason = errno === 'ENOENT' ? 'it does not exist' : errno
  }
  const message = `The command cannot run in ${inspect(cwd)}, the \`cwd\` option: ${reason}.`
  throw new SyscopeError('ERR_SYSCOPE_BAD_CWD', message, { operation: 'chdir', errno })
}

function pathOf(url: URL): string {
  try {
    return fileURLToPath(url)
  } catch (cause) {
    throw new SyscopeError('ERR_SYSCOPE_INVALID_ARGUMENT', `Expected a file: URL, got ${url.href}.`, { cause })
  }
}
