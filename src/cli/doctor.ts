/** --doctor: can this machine trace, and if not, what helps? */

import { diagnose } from '../../index.ts'

/** 0 where tracing works. */
export function runDoctor(): number {
  const { isSupported, canAttach, checks } = diagnose()
  const lines = checks.map(({ subject, status, found, remedy }) => {
    const advice = remedy === undefined ? '' : `\n${' '.repeat(16)}-> ${remedy}`
    return `${marks[status]} ${subject.padEnd(13)} ${found}${advice}`
  })
  const verdict = isSupported
    ? `syscope can trace commands here${canAttach ? ', and attach to running processes.' : ', but not every running process.'}`
    : 'syscope cannot trace here.'
  process.stdout.write([...lines, '', verdict, ''].join('\n'))
  return isSupported ? 0 : 1
}

const marks = { ok: 'ok', limited: '! ', blocked: 'X ' } as const
