/**
 * Completion. `syscope --completion SHELL` prints a script for the shell, which asks `syscope --complete WORD …` for what the last
 * of these words can become: one a line, with what it means behind a tab.
 */

import { readdirSync } from 'node:fs'
import { syscallClasses, syscallNames } from '../../index.ts'
import { completeRule, members } from './complete-rule.ts'
import { options, type CliOption } from './options.ts'
import { ValueError } from './values.ts'

/** The shell goes on by itself: with files, users, or the command from its word on. */
export type Rest = ':files' | ':users' | `:command ${number}`

/** Words before the cursor, without `syscope`; the last one is to be completed. */
export function complete(words: readonly string[]): readonly string[] {
  let at = 0
  while (at < words.length - 1) {
    const word = words[at] ?? ''
    if (word === '--') return [`:command ${at + 1}` satisfies Rest]
    if (!word.startsWith('-')) return [`:command ${at}` satisfies Rest]
    const taker = takerOf(word)
    if (taker !== undefined && at === words.length - 2) return values(taker, words[at + 1] ?? '', '')
    at += taker === undefined ? 1 : 2
  }
  const last = words.at(-1) ?? ''
  if (!last.startsWith('-')) return [`:command ${at}` satisfies Rest]
  const [, name = '', value] = /^--([a-z-]+)=(.*)$/s.exec(last) ?? []
  const option = options.find(({ long }) => long?.includes(name) === true)
  return option === undefined || value === undefined ? spellings(last) : values(option, value, `--${name}=`)
}

/** The option whose value is the next word. */
function takerOf(word: string): CliOption | undefined {
  const isLong = word.startsWith('--')
  return options.find(
    ({ short, long, argument }) =>
      argument === 'required' && (isLong ? long?.includes(word.slice(2)) : short === word.at(-1)) === true,
  )
}

function spellings(start: string): readonly string[] {
  const all = options.flatMap(({ short, long, argument, help }) => [
    ...(short === undefined ? [] : [`-${short}\t${help}`]),
    ...(long ?? []).slice(0, 1).map((name) => `--${name}${argument === 'required' ? '=' : ''}\t${help}`),
  ])
  return all.filter((line) => line.startsWith(start))
}

function values(option: CliOption, value: string, before: string): readonly string[] {
  if (option.short === 'e') return expressions(value)
  switch (option.completes) {
    case 'files':
      return [':files' satisfies Rest]
    case 'users':
      return [':users' satisfies Rest]
    case 'pids':
      return members(runningPids(), value).map((word) => before + word)
    case 'calls':
      return members([...syscallClasses.filter((word) => word.startsWith('%')), ...syscallNames], value).map(
        (word) => before + word,
      )
    case 'inject':
    case 'fault':
    case 'deny':
      return completeRule(option.completes, value).map((word) => before + word)
    default:
      return members(option.choices ?? [], value).map((word) => before + word)
  }
}

/** `-e NAME=VALUE`; without NAME it is a set of calls. */
function expressions(value: string): readonly string[] {
  const name = /^([a-z-]+)=/.exec(value)?.[1]
  const named = options.filter(({ qualifiers }) => name === undefined || qualifiers?.includes(name) === true)
  const [option] = named
  if (name !== undefined) return option === undefined ? [] : values(option, value.slice(name.length + 1), `${name}=`)
  const names = named.flatMap(({ qualifiers = [], help }) => qualifiers.slice(0, 1).map((it) => `${it}=\t${help}`))
  return [...names, ...syscallNames].filter((line) => line.startsWith(value))
}

function runningPids(): readonly string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
}

const scripts = {
  bash: `# eval "$(syscope --completion=bash)"
_syscope() {
  local -a words lines
  read -ra words <<<"\${COMP_LINE:0:COMP_POINT}"
  [[ \${COMP_LINE:COMP_POINT-1:1} == ' ' ]] && words+=('')
  local word=\${words[-1]}
  mapfile -t lines < <(syscope --complete -- "\${words[@]:1}" 2>/dev/null)
  case \${lines[0]-} in
  :files) COMPREPLY=($(compgen -f -- "\${word##*=}")) && compopt -o filenames ;;
  :users) COMPREPLY=($(compgen -u -- "\${word##*=}")) ;;
  ':command '*)
    local at=$((\${lines[0]#:command } + 1))
    if ((at == \${#words[@]} - 1)); then COMPREPLY=($(compgen -c -- "$word"))
    elif declare -F _command_offset >/dev/null; then _command_offset $at
    else COMPREPLY=($(compgen -f -- "$word")) && compopt -o filenames; fi ;;
  *)
    # bash takes "=" and ":" for the end of a word.
    COMPREPLY=("\${lines[@]%%$'\\t'*}")
    COMPREPLY=("\${COMPREPLY[@]#"\${word%"\${word##*[=:]}"}"}")
    [[ \${#COMPREPLY[@]} == 1 && \${COMPREPLY[0]} == *= ]] && compopt -o nospace ;;
  esac
}
complete -F _syscope syscope
`,
  zsh: `#compdef syscope
# eval "$(syscope --completion=zsh)", after compinit
_syscope() {
  local -a lines plain described
  lines=("\${(@f)$(syscope --complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  case $lines[1] in
  :files) compset -P '*='; _files ;;
  :users) compset -P '*='; _users ;;
  ':command '*)
    shift $(( \${lines[1]#:command } + 1 )) words
    (( CURRENT -= \${lines[1]#:command } + 1 ))
    _normal ;;
  *)
    plain=("\${(@)lines%%$'\\t'*}")
    described=("\${(@)lines//$'\\t'/  }")
    compadd -S '' -l -d described -- $plain ;;
  esac
}
compdef _syscope syscope
`,
  fish: `# syscope --completion=fish | source
function __syscope
  set -l words (commandline -opc)[2..-1] (commandline -ct)
  set -l lines (syscope --complete -- $words 2>/dev/null)
  switch "$lines[1]"
    case :files
      __fish_complete_path (string replace -r '.*=' '' -- $words[-1])
    case :users
      __fish_complete_users
    case ':command *'
      __fish_complete_subcommand --fcs-skip=(math (string replace ':command ' '' -- $lines[1]) + 1)
    case '*'
      printf '%s\\n' $lines
  end
end
complete -c syscope -f -a '(__syscope)'
`,
} as const

/** Throws `ValueError` for a shell that we have no script for. */
export function completionScript(shell: string): string {
  const [, script] = Object.entries(scripts).find(([name]) => name === shell) ?? []
  if (script === undefined) throw new ValueError(`invalid --completion argument: '${shell}' (bash, zsh or fish)`)
  return script
}
