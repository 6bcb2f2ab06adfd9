/** Reading the values of options. */

import { UsageError } from './getopt.ts'
import type { Interruptible, Precision, Settings } from './settings.ts'

/** A value that strace refuses without pointing to its help. */
export class ValueError extends Error {
  override readonly name = 'ValueError'
}

/** A decimal number of at most `most`; a `UsageError` that names the option otherwise. */
export function readNumber(value: string, spelled: string, most = 2 ** 31 - 1): number {
  const number = /^[0-9]+$/.test(value) ? Number(value) : -1
  if (number < 0 || number > most) throw badArgument(value, spelled)
  return number
}

export function readWord<Word extends string>(value: string, spelled: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === value)
  if (found === undefined) throw badArgument(value, spelled)
  return found
}

/** What stands in front of a value as it was typed: `-e trace=`, `--deny=`, `-e `. */
export function prefixOf(spelled: string): string {
  return spelled === '-e' ? '-e ' : `${spelled}=`
}

export function badArgument(value: string, spelled: string): UsageError {
  return new UsageError(`invalid ${spelled} argument: '${value}'`)
}

/** A set as strace's qualifiers write it: `all`, `none`, `A,B`, each leading `!` inverts. Says what is in it. */
export function readSet<Member>(
  value: string,
  what: string,
  read: (word: string) => Member | undefined,
): (member: Member) => boolean {
  const bare = value.replace(/^!+/, '')
  const inverted = (value.length - bare.length) % 2 === 1
  if (bare === 'all' || bare === 'none') {
    const everything = (bare === 'all') !== inverted
    return () => everything
  }
  const members = new Set<Member>()
  for (const word of bare.split(',').filter((part) => part !== '')) {
    const member = read(word)
    if (member === undefined) throw new ValueError(`invalid ${what} '${word}'`)
    members.add(member)
  }
  if (members.size === 0) throw new ValueError(`invalid ${what} '${value}'`)
  return (member) => members.has(member) !== inverted
}

/** A file descriptor in a set. */
export function readFd(word: string): number | undefined {
  return /^[0-9]+$/.test(word) && Number(word) < 2 ** 31 ? Number(word) : undefined
}

/** Process ids separated by commas or blanks, as `pidof` and `pgrep` print them. */
export function readPids(value: string, ownPid: number): number[] {
  const words = value.split(/[\n\t ,]/).filter((word) => word !== '')
  return words.map((word) => {
    const pid = /^[0-9]+$/.test(word) ? Number(word) : 0
    if (pid <= 0 || pid > 2 ** 31 - 1) throw new ValueError(`Invalid process id: '${word}'`)
    if (pid === ownPid) throw new ValueError(`Process ${pid} is syscope itself, which cannot trace itself`)
    return pid
  })
}

const precisions: Readonly<Record<string, Precision>> = { s: 0, ms: 3, us: 6, ns: 9 }

/** `s`, `ms`, `us` or `ns`; microseconds where nothing is said. */
export function readPrecision(value: string, spelled: string): Precision {
  const precision = value === '' ? 6 : precisions[value]
  if (precision === undefined) throw badArgument(value, spelled)
  return precision
}

/** `[format:]none|time|unix[,[precision:]s|ms|us|ns]`, upon what was said before. */
export function readClock(value: string, spelled: string, before: Settings['clock']): Settings['clock'] {
  let format: 'none' | 'time' | 'unix' = before?.format ?? 'time'
  let precision = before?.precision ?? 0
  for (const word of value
    .toLowerCase()
    .split(',')
    .filter((part) => part !== '')) {
    const [, prefix, bare = ''] = /^(format:|precision:)?(.*)$/.exec(word) ?? []
    const digits = precisions[bare]
    if (prefix !== 'precision:' && (bare === 'none' || bare === 'time' || bare === 'unix')) format = bare
    else if (prefix !== 'format:' && digits !== undefined) precision = digits
    else throw badArgument(value, spelled)
  }
  return format === 'none' ? undefined : { format, precision }
}

const interruptibleWords: readonly Interruptible[] = ['anywhere', 'waiting', 'never', 'never_tstp']

/** By word, or by number from 1. */
export function readInterruptible(value: string, spelled: string): Interruptible {
  const found = /^[1-4]$/.test(value)
    ? interruptibleWords[Number(value) - 1]
    : interruptibleWords.find((it) => it === value)
  if (found === undefined) throw badArgument(value, spelled)
  return found
}
