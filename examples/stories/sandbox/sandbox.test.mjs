import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { trace } from 'syscope'

test('whoever is refused something is told what, and by which rule', async () => {
  const home = mkdtempSync(join(tmpdir(), 'home-'))
  const run = await trace('sh', ['agent.sh'], {
    cwd: import.meta.dirname,
    env: { HOME: home },
    filter: 'none',
    deny: [
      { network: { except: ['unix', 'netlink', 'loopback'] } },
      { path: `${home}/.ssh/`, error: 'EACCES' },
      { calls: 'unlink,unlinkat,rename,renameat2', path: `${home}/**` },
    ],
  })
  const reasons = run.denied.map((call) => `${call.injected.argv.join(' ')}: ${call}`)
  assert(reasons.length === 0, reasons.join('\n'))
})
