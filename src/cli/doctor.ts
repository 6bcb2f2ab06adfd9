/** --doctor: can this machine trace, and if not, what helps? */

import { diagnose } from '../../index.ts'

export function doctorReport(): { readonly text: string; readonly isSupported: boolean } {
  const { isSupported, canAttach, checks } = diagnose()
  const lines = checks.map(({ subject, status, found, remedy }) => {
    const advice = remedy === undefined ? '' : `\n${' '.repeat(16)}-> ${remedy}`
    return `${marks[status]} ${subject.padEnd(13)} ${found}${advice}`
  })
  const verdict = isSupported
    ? `syscope can trace commands here${canAttach ? ', and attach to running processes.' : ', but not every running process.'}`
    : 'syscope cannot trace here.'
  return { text: [...lines, '', verdict, ''].join('\n'), isSupported }
}

const marks = { ok: 'ok', limited: '! ', blocked: 'X ' } as const
