/** Classes of system calls, in the spelling of strace's `-e trace=`. */

import type { Class } from './syscall.ts'

const spellings: Readonly<Record<string, Class>> = {
  '%desc': 'desc',
  '%file': 'file',
  '%memory': 'memory',
  '%process': 'process',
  '%creds': 'creds',
  '%signal': 'signal',
  '%ipc': 'ipc',
  '%net': 'network',
  '%network': 'network',
  '%stat': 'stat',
  '%lstat': 'lstat',
  '%fstat': 'fstat',
  '%%stat': 'stat_like',
  '%statfs': 'statfs',
  '%fstatfs': 'fstatfs',
  '%%statfs': 'statfs_like',
  '%pure': 'pure',
  '%clock': 'clock',
  desc: 'desc',
  file: 'file',
  memory: 'memory',
  process: 'process',
  signal: 'signal',
  ipc: 'ipc',
  network: 'network',
}

/** The class that a word of `-e trace=` means; the words without `%` are strace's old ones. */
export function classNamed(word: string): Class | undefined {
  return Object.hasOwn(spellings, word) ? spellings[word] : undefined
}

/** All words of a filter that mean a class: `%file`, `%network`, …, and strace's old ones without `%`. */
export const classWords: readonly string[] = Object.keys(spellings)
