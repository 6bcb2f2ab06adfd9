import { execFileSync } from 'node:child_process'
import test from 'ava'
import { complete, completionScript } from './completion.ts'
import { options } from './options.ts'

const words = (lines: readonly string[]): readonly (string | undefined)[] => lines.map((line) => line.split('\t')[0])

for (const [line, ...expected] of [
  [['--string-l'], '--string-limit='],
  [
    ['-f', '--summary'],
    '--summary-only',
    '--summary',
    '--summary-wall-clock',
    '--summary-syscall-overhead=',
    '--summary-columns=',
    '--summary-sort-by=',
  ],
  [['-e', 'trace-f'], 'trace-fds='],
  [['-e', 'trace=futex_w'], 'trace=futex_waitv', 'trace=futex_wake', 'trace=futex_wait'],
  [['-e', 'futex_r'], 'futex_requeue'],
  [['-fqe', 'trace=!read,%%statf'], 'trace=!read,%%statfs'],
  [['--trace=epoll_pwait'], '--trace=epoll_pwait', '--trace=epoll_pwait2'],
  [['--color=a'], '--color=auto', '--color=always'],
  [['-o', ''], ':files'],
  [['--save', ''], ':files'],
  [['--load', 'run.tr'], ':files'],
  [['-o', 'log', 'gi'], ':command 2'],
  [['-f', ''], ':command 1'],
  [['-f', '--', ''], ':command 2'],
  [['ls', '-l', '--trace='], ':command 0'],
  [['-u', 'ro'], ':users'],
  [['-e', 'inject=futex_r'], 'inject=futex_requeue'],
  [['-e', 'inject=write:er'], 'inject=write:error='],
  [
    ['-e', 'fault=write:error=ENOS'],
    'fault=write:error=ENOSPC',
    'fault=write:error=ENOSR',
    'fault=write:error=ENOSTR',
    'fault=write:error=ENOSYS',
  ],
  [['--inject=write:fd=1:delay_'], '--inject=write:fd=1:delay_enter=', '--inject=write:fd=1:delay_exit='],
  [['--fault=write:delay_']],
  [['--inject=write:syscall=getpi'], '--inject=write:syscall=getpid'],
  [['--deny', 'network:except=unix,lo'], 'network:except=unix,loopback'],
  [['--deny=netw'], '--deny=network'],
  [['--deny=unlink:EAC'], '--deny=unlink:EACCES'],
  [['--policy', 'pol'], ':files'],
  [['-e', 'nonsense=1']],
  [['--nonsense=1']],
] as const) {
  test(`after syscope ${line.join(' ')}`, (t) => {
    t.deepEqual(words(complete(line)), expected)
  })
}

test('processes', (t) => {
  t.true(complete(['-p', String(process.pid)]).includes(String(process.pid)))
})

test('every option is offered, and says what it does', (t) => {
  const offered = complete(['-'])
  for (const { short, long } of options) {
    if (short !== undefined) t.true(words(offered).includes(`-${short}`))
    if (long !== undefined) t.true(words(offered).some((word) => word?.replace('=', '') === `--${long[0]}`))
  }
  t.true(offered.every((line) => /\t\S/.test(line)))
})

test('the script for bash asks for the words before the cursor, and offers what bash can put there', (t) => {
  const asked = `syscope() { printf '%s\\n' "$@" >&2; printf 'trace=open\\ttext\\ntrace=openat\\ttext\\n'; }`
  const line = 'syscope -f -e trace=op'
  const offered = (start: string, answer: string) => {
    const body = `syscope() { echo ${answer}; }
      ${completionScript('bash')}
      COMP_LINE='syscope ${start}' COMP_POINT=${start.length + 8}
      _syscope 2>/dev/null
      echo "\${COMPREPLY[@]}"`
    return execFileSync('bash', ['-c', body], { encoding: 'utf8' })
  }
  t.is(offered('--inject=write:er', '--inject=write:error='), 'error=\n')
  const script = `${asked}
    ${completionScript('bash')}
    COMP_LINE='${line} # behind' COMP_POINT=${line.length}
    exec 2>&1
    _syscope
    echo "\${COMPREPLY[@]}"`
  // Its errors go nowhere; the words that it asks for are seen with them.
  const out = execFileSync('bash', ['-c', script.replace('2>/dev/null', '')], { encoding: 'utf8' })
  t.is(out, '--complete\n--\n-f\n-e\ntrace=op\nopen openat\n')
})

test('other shells are told that there is no script', (t) => {
  t.throws(() => completionScript('tcsh'), { message: "invalid --completion argument: 'tcsh' (bash, zsh or fish)" })
  for (const shell of ['zsh', 'fish']) t.regex(completionScript(shell), /syscope --complete -- /)
})
