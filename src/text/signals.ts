/** Signal names as strace prints them: the kernel counts real-time signals from 32, the C library from 34. */

const names = [
  '0',
  'SIGHUP',
  'SIGINT',
  'SIGQUIT',
  'SIGILL',
  'SIGTRAP',
  'SIGABRT',
  'SIGBUS',
  'SIGFPE',
  'SIGKILL',
  'SIGUSR1',
  'SIGSEGV',
  'SIGUSR2',
  'SIGPIPE',
  'SIGALRM',
  'SIGTERM',
  'SIGSTKFLT',
  'SIGCHLD',
  'SIGCONT',
  'SIGSTOP',
  'SIGTSTP',
  'SIGTTIN',
  'SIGTTOU',
  'SIGURG',
  'SIGXCPU',
  'SIGXFSZ',
  'SIGVTALRM',
  'SIGPROF',
  'SIGWINCH',
  'SIGIO',
  'SIGPWR',
  'SIGSYS',
  'SIGRTMIN',
] as const

const firstRealTime = 32
const last = 64

/** `SIGCHLD`, `SIGRT_2`; the number itself where there is no such signal. */
export function signalText(signal: number): string {
  if (signal > firstRealTime && signal <= last) return `SIGRT_${signal - firstRealTime}`
  return (signal > 0 ? names[signal] : undefined) ?? String(signal)
}

/** The number of a signal: of `SIGINT`, `int`, `RT_2` or `34`; `undefined` where that names none. */
export function signalNumber(word: string): number | undefined {
  if (/^[0-9]+$/.test(word)) {
    const value = Number(word)
    return value <= 255 ? value : undefined
  }
  const bare = word.toUpperCase().replace(/^SIG/, '')
  for (let signal = 1; signal <= last; signal++) if (signalText(signal) === `SIG${bare}`) return signal
  return undefined
}
