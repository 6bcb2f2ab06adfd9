/** What a program asks about its own image: its libraries, which are other ones on each system, and where its memory is. */

import type { AnyCall } from '../recorded.ts'
import type { Descriptors } from './descriptors.ts'

/** What ld.so(8) and musl's loader read, and the libraries that they look for. */
const loaderPath =
  /(^|\/)(ld\.so\.(cache|preload|nohwcap)|ld-musl-[^/]*\.path|[^/]+\.so(\.[0-9.]+)?)$|\/glibc-hwcaps(\/|$)/

const lookups: ReadonlySet<string> = new Set(
  'open openat access faccessat faccessat2 stat lstat newfstatat statx readlink readlinkat fstat'.split(' '),
)

/** Where a program asks how its own memory is laid out. */
const memoryMap = /^\/proc\/(self|thread-self|\d+)\/(task\/\d+\/)?(maps|smaps|smaps_rollup|map_files(\/.*)?)$/

/** What allocators and locks ask when threads get in each other's way (of V8's those of Abseil: how fast its clock is), or give memory back. */
const contentionPath =
  /^\/proc\/sys\/vm\/overcommit_memory$|^\/sys\/devices\/system\/cpu(\/(online|possible|present|cpu\d+\/(tsc_freq_khz|cpufreq\/cpuinfo_max_freq)))?$|^\/sys\/kernel\/mm\/transparent_hugepage\//

/**
 * Whether a call looks a library up or opens it for reading, asks for the process's own memory map or for what an allocator or a lock
 * needs to know, or opens the file of the running `program` for reading. V8 reads the map and the file to put its built-in functions near its
 * code, as often as the random layout of the address space asks for; malloc(3) asks when threads happen to meet in it. A
 * program that does such a thing for another reason can't be told apart.
 */
export function isAboutImage(call: AnyCall, program: string, descriptors: Descriptors): boolean {
  if (!lookups.has(call.name)) return false
  const path = call.args['pathname']
  if (typeof path === 'string' && path !== '') return isImage(path, program, call)
  const fd = call.args['dirfd'] ?? call.args['fd']
  const opened = typeof fd === 'number' ? descriptors.path(call.pid, fd) : undefined
  return opened !== undefined && isImage(opened, program, call)
}

function isImage(path: string, program: string, call: AnyCall): boolean {
  if ([loaderPath, memoryMap, contentionPath].some((it) => it.test(path))) return !isWriting(call)
  return path === program && call.name.startsWith('open') && !isWriting(call)
}

function isWriting({ name, args }: AnyCall): boolean {
  return name.startsWith('open') && /O_(WRONLY|RDWR|CREAT)/.test(String(args['flags']))
}
