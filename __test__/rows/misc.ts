/** What system this is, randomness, and calls that the kernel has no more. */

import { family } from './check.ts'
import { room } from './script.ts'

export const misc = family(
  {},
  {
    call: ['uname', room(390)],
    out: { buf: { sysname: 'Linux', machine: 'x86_64' } },
    returned: 0,
    text: 'uname({sysname="Linux", nodename="…", ...}) = 0',
  },
  {
    call: ['uname', 1],
    error: 'EFAULT',
    text: 'uname(0x1) = -1 EFAULT (Bad address)',
  },
)
