// Programs that stay off the network if they are told to: do they? Nothing leaves this machine here but questions for names.
//
// npm's manual: "offline: Force offline mode: no network requests will be done during install" (npm/cli#4368 asked for more: "npm offline
// mode should be truly offline"). serve looks for a newer version at each start, unless NO_UPDATE_CHECK is set. turbo reports "completely
// anonymous telemetry", as its first run says, unless TURBO_TELEMETRY_DISABLED is set; it is a native program that a JavaScript one starts,
// so nothing that a test does to `fetch` or `net.Socket` would show it.
import assert from 'node:assert/strict'
import { getServers, promises as dns } from 'node:dns'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { trace } from 'syscope'
import { expect } from 'syscope/expect'
import { install } from './lib/install.mjs'

const installed = install('offline', { npm: '11.19.1', serve: '14.2.7', turbo: '2.11.11' })
const none = { CI: undefined, NO_UPDATE_CHECK: undefined, TURBO_TELEMETRY_DISABLED: undefined, DO_NOT_TRACK: undefined }

/** A project of its own, with a home of its own. */
function project(t, files) {
  const cwd = mkdtempSync(join(tmpdir(), 'example-'))
  t.after(() => rmSync(cwd, { recursive: true }))
  for (const [name, value] of Object.entries(files)) {
    mkdirSync(join(cwd, name, '..'), { recursive: true })
    writeFileSync(join(cwd, name), typeof value === 'string' ? value : JSON.stringify(value))
  }
  return {
    cwd,
    env: {
      ...none,
      HOME: cwd,
      XDG_CONFIG_HOME: join(cwd, '.config'),
      npm_config_cache: join(cwd, '.npm'),
      npm_config_fetch_retries: '0',
      npm_config_registry: 'https://registry.npmjs.org/',
      npm_config_update_notifier: undefined,
    },
  }
}

/** Netlink is how programs ask the kernel for the addresses of this machine. */
const except = ['unix', 'netlink']
const stayHere = { deny: { network: { except } }, observe: ['network', 'processes'] }
/** Name servers may be asked, so that it is known for whom: that takes a port of one's own to be answered at. */
const servers = getServers().map((server) => (/:\d+$/.test(server) && !server.includes('::') ? server : `${server}:53`))
const askOnly = {
  deny: { network: { except: [...except, 'loopback', 'dns', 'listen', ...servers] } },
  observe: ['network', 'processes'],
}

const isOnline = await dns.resolve4('registry.npmjs.org').then(
  () => true,
  () => false,
)
if (!isOnline) console.log('SKIPPED: names cannot be looked up here')

if (installed !== undefined && isOnline) {
  const bin = join(installed, 'node_modules/.bin')

  test('npm install --offline asks whether there is a newer npm, unless told not to', async (t) => {
    const { cwd, env } = project(t, {
      'package.json': { dependencies: { local: 'file:./local' } },
      'local/package.json': { name: 'local', version: '1.0.0' },
    })
    const npm = (options, ...args) =>
      trace(join(bin, 'npm'), ['install', '--offline', ...args], { ...options, cwd, env })
    // Its look for updates, once a week, does not know of the option. The installation itself does.
    const run = await npm(askOnly)
    assert.equal(run.exitCode, 0)
    assert.deepEqual([...new Set(asked(run))], ['registry.npmjs.org'])
    const quiet = await npm(stayHere, '--no-update-notifier')
    assert.equal(quiet.exitCode, 0)
    expect(quiet).toHaveNoNetwork({ except })
    const missing = await npm(stayHere, '--no-update-notifier', 'left-pad')
    assert.match(missing.stderr, /ENOTCACHED/)
    expect(missing).toHaveNoNetwork({ except })
  })

  test('serve --version asks for a newer version, unless told not to', async (t) => {
    const { cwd, env } = project(t, {})
    const run = await trace(join(bin, 'serve'), ['--version'], { ...askOnly, cwd, env })
    assert(asked(run).includes('registry.npmjs.org'), String(run.network))
    const quiet = await trace(join(bin, 'serve'), ['--version'], {
      ...stayHere,
      cwd,
      env: { ...env, NO_UPDATE_CHECK: '1' },
    })
    expect(quiet).toHaveNoNetwork({ except })
  })

  test('turbo run reports home from its second run on, unless told not to', async (t) => {
    const { cwd, env } = project(t, {
      'package.json': { packageManager: 'npm@11.0.0', scripts: { build: 'sleep 0.5' } },
      'turbo.json': { tasks: { build: { cache: false } } },
    })
    const build = (options, more = {}) =>
      trace(join(bin, 'turbo'), ['run', 'build'], { ...options, cwd, env: { ...env, ...more } })
    const first = await build(askOnly)
    assert.match(first.stderr, /telemetry/)
    const second = await build(askOnly)
    assert.deepEqual([...new Set(asked(second))], ['telemetry.vercel.com'], String(second.network))
    const [lookup] = second.network.lookups
    t.diagnostic(`${second.processes.at(lookup.pid, lookup.timeNs).argv.join(' ')} asked for ${lookup.name}`)
    const quiet = await build(stayHere, { TURBO_TELEMETRY_DISABLED: '1' })
    expect(quiet).toHaveNoNetwork({ except })
  })
}

const asked = (run) => run.network.lookups.map(({ name }) => name)
