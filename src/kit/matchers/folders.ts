/** Matchers about where files are: `toWriteOnlyUnder()`, `toReadOnlyUnder()`. */

import { invalid } from '../../checks.ts'
import { isObject, wrong } from '../../rules/shape.ts'
import { times, withEvidence } from './evidence.ts'
import { pathReader, readPaths, type ExpectedPath, type PathTest } from './places.ts'
import { readRun } from './subject.ts'
import { isLost, Touches, type Touch, type TouchKind } from './touches.ts'
import type { Verdict } from './verdict.ts'

/** What `toWriteOnlyUnder()` and `toReadOnlyUnder()` are told. */
export interface FoldersOptions {
  /** Files and folders that are no matter. */
  readonly except?: ExpectedPath | readonly ExpectedPath[]
}

/**
 * What every dynamically linked program reads before it does anything, and what the C library and Node.js look at by themselves: the
 * folders of programs and libraries (`/usr`, `/bin`, `/sbin`, `/lib*`), the loader's cache and its settings, locales, time zone, names
 * of users, hosts and services, OpenSSL's settings and certificates; of `/proc` and `/sys` what tells about the process itself and
 * the machine: its memory, processors and control groups. Not the home folder, nor anything else in `/etc`.
 * @example toReadOnlyUnder(run, [project, ...systemFolders])
 */
export const systemFolders: readonly string[] = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/libx32',
  '/etc/{ld.so.cache,ld.so.preload,ld.so.conf,ld.so.conf.d,locale.alias,localtime,timezone}',
  '/etc/{nsswitch.conf,passwd,group,hosts,host.conf,resolv.conf,gai.conf,services,protocols}',
  '/etc/{ssl,pki,ca-certificates,crypto-policies}',
  '/proc/*/{maps,stat,statm,status,cgroup,mountinfo,auxv,cmdline,exe}',
  '/proc/{cpuinfo,meminfo,stat,uptime,loadavg,version,version_signature,filesystems,mounts,sys}',
  '/sys/devices/system',
  '/sys/fs/cgroup',
  '/sys/kernel/mm',
]

const writes: readonly TouchKind[] = ['create', 'write', 'truncate', 'rename', 'link', 'delete', 'map', 'change']
const reads: readonly TouchKind[] = ['open', 'read', 'list', 'map', 'execute']

/**
 * Whether a run changed files in these folders only. What counts is whatever was written to, created (opening with O_CREAT counts as
 * that), truncated, renamed (both names), linked, deleted, mapped shared and writable, or changed (mode, owner, times, attributes), by
 * all names that the file had then. Symbolic links are followed as far as the run shows where they lead, and else as they are when the
 * matcher looks. Devices that keep nothing (`/dev/null`, terminals), pipes, sockets and memory files are no files.
 *
 * Trace with `observe: 'files'`. Throws ERR_SYSCOPE_INCOMPLETE and ERR_SYSCOPE_NOT_RECORDED where all that was seen is in the folders, and
 * something may have been missed.
 * @example toWriteOnlyUnder(run, [tmpdir(), 'dist'], { except: '**\/*.log' })
 */
export function toWriteOnlyUnder(
  run: unknown,
  folders: ExpectedPath | readonly ExpectedPath[],
  options?: FoldersOptions,
): Verdict {
  const question = { matcher: 'toWriteOnlyUnder', verb: 'write', did: 'changed files elsewhere', kinds: writes }
  return keepsTo(run, folders, options, { ...question, counts: isWrite })
}

/**
 * Whether a run read files in these folders only. What counts is whatever was opened for reading, read, mapped, listed or executed, by
 * all names that the file had then; not that somebody asked whether a file is there (stat, access). Programs need their libraries:
 * `systemFolders` has them. What the kernel opens by itself, as the loader of a program, is no call.
 *
 * Trace with `observe: 'files'`. Throws as `toWriteOnlyUnder()` does.
 * @example toReadOnlyUnder(run, [project, ...systemFolders])
 */
export function toReadOnlyUnder(
  run: unknown,
  folders: ExpectedPath | readonly ExpectedPath[],
  options?: FoldersOptions,
): Verdict {
  const question = { matcher: 'toReadOnlyUnder', verb: 'read', did: 'read elsewhere', kinds: reads }
  const verdict = keepsTo(run, folders, options, { ...question, counts: isRead, isByFile: true })
  if (verdict.pass || !/^ {4}(?:\/usr\/lib|\/lib|\/etc\/ld\.so)/m.test(verdict.message)) return verdict
  return {
    ...verdict,
    message: `${verdict.message}\n\nWhat every program reads of the system is in \`systemFolders\`: add \`...systemFolders\`.`,
  }
}

/** Nothing is kept in these. */
const devices = /^\/dev\/(?:null|zero|full|u?random|console|ptmx|tty(?:S?\d+)?|pts\/(?:\d+|ptmx))$/
const used: ReadonlySet<TouchKind> = new Set(['open', 'read', 'write', 'truncate', 'map'])

/** Using a device is no matter; making, deleting and changing one is. */
function isDevice({ what, names, deed, call }: Touch): boolean {
  const isOpened = what === 'create' && deed?.isCertain !== true && call.name !== 'bind'
  return (used.has(what) || isOpened) && names.some((name) => devices.test(name))
}

interface Question {
  readonly matcher: string
  readonly verb: string
  readonly did: string
  readonly kinds: readonly TouchKind[]
  readonly counts: (touch: Touch) => boolean
  /** Of each file the first call is shown. */
  readonly isByFile?: boolean
}

function keepsTo(run: unknown, folders: unknown, options: unknown, question: Question): Verdict {
  const { matcher, verb, did, kinds, counts, isByFile = false } = question
  const subject = readRun(run, matcher)
  const reader = pathReader(subject.run, subject.asks)
  const wanted = readPaths(folders, reader)
  const allowed = [...wanted, ...readExcept(options, subject.asks).flatMap((it) => readPaths(it, reader))]
  const touches = new Touches(subject, reader)
  const all = touches.of(...kinds).filter((touch) => counts(touch) && !isDevice(touch))
  const strays = touches.certain(all.filter((touch) => !isWithin(touch, allowed)))
  const aim = `to ${verb} only under ${shortList(wanted.map(({ text }) => text))}`
  if (strays.length > 0) {
    const deeds = touches.deeds(isByFile ? firstOfEach(strays) : strays)
    const often = isByFile ? `in ${deeds.length === 1 ? 'one file' : `${deeds.length} files`}` : times(deeds.length)
    const headline = `Expected ${subject.name} ${aim}, but it ${did}, ${often}:`
    return { pass: false, message: withEvidence(headline, deeds) }
  }
  touches.requireNoMore(kinds, all)
  return { pass: true, message: `Expected ${subject.name} not ${aim}, but it kept to that.` }
}

/** The first touch of each file. */
function firstOfEach(touches: readonly Touch[]): readonly Touch[] {
  const known = new Set<string>()
  return touches.filter(({ places, names, meant }) => {
    const path = places[0] ?? names[0] ?? meant ?? ''
    const isNew = path === '' || !known.has(path)
    known.add(path)
    return isNew
  })
}

const MOST_FOLDERS = 4

function shortList(texts: readonly string[]): string {
  const shown = texts.slice(0, MOST_FOLDERS).join(', ')
  return texts.length > MOST_FOLDERS ? `${shown} and ${texts.length - MOST_FOLDERS} more` : shown
}

function readExcept(options: unknown, asks: string): readonly unknown[] {
  if (options === undefined) return []
  if (!isObject(options)) throw wrong(`the options of ${asks}`, 'an object', options)
  const stray = Object.keys(options).find((key) => key !== 'except')
  if (stray !== undefined) throw invalid(`${asks} has no option \`${stray}\`. It has \`except\`.`)
  const { except = [] } = options
  return Array.isArray(except) ? except : [except]
}

/** All names that the file had, and all places that they lead to: one elsewhere is enough to be elsewhere. */
function isWithin({ names, places }: Touch, allowed: readonly PathTest[]): boolean {
  // What never had a name was judged when it was made.
  return names.every((name, index) => {
    const place = places[index] ?? name
    // Of what nobody knows where it is, more is said where nothing else is elsewhere.
    if (isLost(name)) return true
    return allowed.some((test) => test.holds(place))
  })
}

function isWrite({ what, deed }: Touch): boolean {
  return what !== 'map' || (deed?.isShared === true && deed.isWritable === true)
}

function isRead({ what, deed }: Touch): boolean {
  if (what !== 'open') return true
  const flags = deed?.flags ?? []
  return !flags.includes('O_WRONLY') && !flags.includes('O_PATH')
}
