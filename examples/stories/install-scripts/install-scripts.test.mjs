import assert from 'node:assert/strict'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { trace } from 'syscope'
import { auditScripts } from './audit.mjs'

test('install scripts touch their own packages, and start nothing but what they need', async () => {
  const home = mkdtempSync(join(tmpdir(), 'home-'))
  writeFileSync(join(home, '.npmrc'), '//registry.example/:_authToken=secret\nupdate-notifier=false\n')
  const run = await trace('npm', ['install', '--offline', '--no-audit', '--no-package-lock'], {
    cwd: join(import.meta.dirname, 'project'),
    env: { HOME: home, PATH: process.env.PATH },
    extendEnv: false,
    observe: ['files', 'network', 'processes'],
    deny: { network: { except: ['unix', 'netlink', 'loopback'] } },
  })
  const audit = auditScripts(run, { home })
  const found = audit.flatMap(({ script, secrets, connected }) => [
    ...secrets.map((path) => `${script} read ${path}`),
    ...connected.map((address) => `${script} wanted to connect to ${address}`),
  ])
  assert(found.length === 0, found.join('\n'))
})
