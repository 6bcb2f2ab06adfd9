/**
 * System calls made for real: each row of the table once successfully, once in vain. `npm test -- __test__/rows.spec.ts
 * --match='io:*'` runs one family.
 */

import test from 'ava'
import { allRowsOf } from '../src/table/index.ts'
import { check, obstacleTo, succeeds, type Family } from './rows/check.ts'
import { aio } from './rows/aio.ts'
import { clocks } from './rows/clocks.ts'
import { files } from './rows/files.ts'
import { futexes } from './rows/futexes.ts'
import { io } from './rows/io.ts'
import { ioctls } from './rows/ioctls.ts'
import { ipc } from './rows/ipc.ts'
import { memory } from './rows/memory.ts'
import { misc } from './rows/misc.ts'
import { mounts } from './rows/mounts.ts'
import { network } from './rows/network.ts'
import { poll } from './rows/poll.ts'
import { processes } from './rows/processes.ts'
import { scheduling } from './rows/scheduling.ts'
import { security } from './rows/security.ts'
import { signals } from './rows/signals.ts'
import { watches } from './rows/watches.ts'
import { xattrs } from './rows/xattrs.ts'

const families: Readonly<Record<string, Family>> = {
  aio,
  clocks,
  files,
  futexes,
  io,
  ioctls,
  ipc,
  memory,
  misc,
  mounts,
  network,
  poll,
  processes,
  scheduling,
  security,
  signals,
  watches,
  xattrs,
}

for (const [family, { cases }] of Object.entries(families)) {
  for (const it of cases) {
    const title = `${family}: ${it.text}`
    const obstacle = obstacleTo(it)
    if (obstacle !== undefined) test.skip(`${title} (${obstacle})`, (t) => t.pass())
    else test.serial(title, (t) => check(t, it))
  }
}

test('every row is made to succeed and to fail, or says why not', (t) => {
  const cases = Object.values(families).flatMap((family) => family.cases)
  const tested = new Set(cases.map((it) => `${it.call[0]} ${succeeds(it) ? 'success' : 'failure'}`))
  const untested = Object.values(families).flatMap((family) => Object.keys(family.untested))
  const wanted = allRowsOf('x86_64').flatMap(({ name }) => [`${name} success`, `${name} failure`])
  const without = wanted.filter((it) => !tested.has(it) && !untested.includes(it))
  t.is(without.length, 0, `no case and no reason why not: ${without.join(', ')}`)
  const idle = untested.filter((it) => tested.has(it) || !wanted.includes(it))
  t.is(idle.length, 0, `listed as untested, and tested: ${idle.join(', ')}`)
})
