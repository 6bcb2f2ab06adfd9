/** Policies: files of rules, for tests and for the command line. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Ajv2020 } from 'ajv/dist/2020.js'
import test from 'ava'
import { parse } from 'jsonc-parser'
import { readPolicy, SyscopeError, trace, type PolicyDocument } from '../index.ts'

const project = join(import.meta.dirname, '..')
const example = join(project, 'examples/policy.json')
const root = mkdtempSync(join(tmpdir(), 'syscope-policy-'))
test.after.always(() => rmSync(root, { recursive: true }))

const schema: object = JSON.parse(readFileSync(join(project, 'schema/policy-1.json'), 'utf8'))
const fits = new Ajv2020({ strict: true, strictTypes: false, strictTuples: false, allowUnionTypes: true }).compile(
  schema,
)

const read = (document: object) => readPolicy({ text: JSON.stringify(document) })

test('the example is what a run can be given', async (t) => {
  const policy = await readPolicy(example)
  t.deepEqual(policy, await readPolicy(pathToFileURL(example)))
  t.like(policy, { deny: [{ network: { except: ['unix', 'netlink', 'loopback'] } }, { error: 'EACCES' }] })
  t.is(policy.inject.length, 3)
  const script = `echo one >${root}/a.log; (echo two >${root}/a.log) 2>&-; /usr/bin/printf xyz | cat; read x </etc/shadow || echo no`
  const run = await trace('sh', ['-c', script], { ...policy, stderr: 'ignore' })
  t.is(run.stdout, 'xyzno\n')
  t.is(readFileSync(join(root, 'a.log'), 'utf8'), '')
  t.deepEqual(
    run.rules.slice(0, 5).map(({ acted }) => acted > 0),
    [false, true, true, true, false],
  )
})

test('the schema takes the example, and what TypeScript takes', (t) => {
  t.true(fits(parse(readFileSync(example, 'utf8'))), JSON.stringify(fits.errors))
  const document: PolicyDocument = {
    version: 1,
    deny: [{ calls: ['%network', 41], network: true, args: { domain: { is: ['AF_INET', 2] } }, report: false }],
    inject: {
      syscall: 'read',
      args: { count: { atMost: 1 }, flags: 1, fd: { min: 3 } },
      addr: [{ address: '::1', port: [1, 2] }, '10.0.0.0/8'],
      process: { depth: { min: 1 }, argv: ['a', 'b'] },
      outcome: ['EIO', 'EINTR'],
      signal: 'SIGTERM',
      delayEnter: '5ms',
      nth: 1,
      per: 'thread',
    },
  }
  t.true(fits(document), JSON.stringify(fits.errors))
})

const wrong: Readonly<Record<string, object>> = {
  'no version': {},
  'another version': { version: 2 },
  'an unknown key': { version: 1, denied: [] },
  'a key of a rule that there is not': { version: 1, deny: { paths: '/x' } },
  'a rule without calls': { version: 1, inject: { error: 'EIO' } },
  'an errno that there is not': { version: 1, inject: { syscall: 'read', error: 'EWHAT' } },
  'a list that is none': { version: 1, inject: { syscall: 'read', error: 'EIO', path: 7 } },
  'a time that is none': { version: 1, inject: { syscall: 'read', delayEnter: 'soon' } },
}

for (const [what, document] of Object.entries(wrong)) {
  test(`${what} is refused, by the schema as well`, async (t) => {
    t.false(fits(document))
    await t.throwsAsync(read(document), { instanceOf: SyscopeError, code: 'ERR_SYSCOPE_BAD_POLICY' })
  })
}

test('bytes are base64, and large numbers are exact', async (t) => {
  const text = `{ "version": 1, "inject": [
    { "syscall": "read", "pokeExit": { "buf": { "base64": "AP8=" } }, "returns": 9223372036854775807 },
    { "syscall": "write", "args": { "buf": { "startsWith": { "base64": "/w==" } } }, "error": "EIO" }
  ] }`
  const [first, second] = (await readPolicy({ text })).inject
  t.like(first, { pokeExit: { buf: Uint8Array.of(0, 255) }, returns: 9_223_372_036_854_775_807n })
  t.like(second, { args: { buf: { startsWith: Uint8Array.of(255) } } })
})

test('what `deny` takes beside rules', async (t) => {
  t.deepEqual((await read({ version: 1, deny: 'network' })).deny, [{ network: true }])
  t.deepEqual((await read({ version: 1, deny: '%network' })).deny, [{ calls: '%network' }])
  t.deepEqual((await read({ version: 1, deny: ['read', 'write'] })).deny, [{ calls: ['read', 'write'] }])
  t.deepEqual((await read({ version: 1, deny: { path: '/x' } })).deny, [{ path: '/x' }])
  t.deepEqual(await read({ version: 1 }), { deny: [], inject: [] })
})

const places = test.macro({
  async exec(t, lines: string, message: string | RegExp) {
    const file = join(root, `${t.title.replaceAll(/\W/g, '')}.json`)
    writeFileSync(file, lines)
    const error = await t.throwsAsync(readPolicy(file), { instanceOf: SyscopeError, code: 'ERR_SYSCOPE_BAD_POLICY' })
    const said = error.message.replace(`${file}:`, '')
    if (typeof message === 'string') t.is(said, message)
    else t.regex(said, message)
  },
  title: (title) => `the place of ${title}`,
})

const rules = (...inject: readonly string[]) =>
  `{\n  "version": 1,\n  "inject": [\n    ${inject.join(',\n    ')}\n  ]\n}`

test('a comma too few', places, '{\n  "version": 1\n  "deny": []\n}', '3:3: expected a comma, got "deny"')
test('a file that ends too early', places, '{ "version": 1,\n', '2:1: expected a key in double quotes')
test('no object', places, '[]', '1:1: expected an object, got []')
test('a missing version', places, '{\n "deny": [] }', '1:1: version: "version": 1 is missing')
test('another version', places, '{\n "version": 2 }', '2:13: version: expected 1, got 2')
test('a stray key', places, '{ "version": 1,\n  "x": 2 }', '2:3: x: expected only $schema, version, deny, inject')
test(
  'a key with a slip',
  places,
  '{ "version": 1,\n  "denny": [] }',
  '2:3: denny: expected only $schema, version, deny, inject; did you mean deny?',
)
test(
  'a misspelt key',
  places,
  rules('{ "syscall": "read", "error": "EIO" }', '{ "syscall": "read", "eror": "EIO" }'),
  '5:26: inject[1].eror: This rule has no `eror`. Did you mean `error`?',
)
test('an errno', places, rules('{ "syscall": "read", "error": "EOI" }'), /^4:35: inject\[0\]\.error: .*'EOI'.*'EIO'\?$/)
test(
  'a call',
  places,
  rules('{ "syscall": "reed", "error": "EIO" }'),
  /^4:18: inject\[0\]\.syscall: .*'reed'.*'read'\?$/,
)
test(
  'an argument',
  places,
  rules('{ "syscall": "read", "args": { "cuont": 1 } }'),
  /^4:36: inject\[0\]\.args\.cuont: .*`cuont`.*'count'\?$/,
)
test(
  'a condition on an argument',
  places,
  rules('{ "syscall": "read", "args": { "count": {\n      "minn": 1 } }, "error": "EIO" }'),
  /^5:7: inject\[0\]\.args\.count\.minn: .*`minn`.*`min`\?$/,
)
test(
  'a path',
  places,
  '{ "version": 1, "deny": [{ "path": "/x" },\n {"path": "x"}] }',
  /^2:11: deny\[1\]\.path: .*absolute/,
)
test(
  'an exception',
  places,
  '{ "version": 1, "deny": { "network": {\n "except": ["unixx"] } } }',
  /^2:12: deny\.network\.except: .*'unixx'.*'unix'\?$/,
)
test('a rule that does nothing', places, rules('{ "syscall": "read" }'), /^4:5: inject\[0\]: This rule does nothing/)
test(
  'two keys with one name',
  places,
  rules('{ "syscall": "read",\n      "syscall": "write" }'),
  '5:7: the key "syscall" is there twice',
)

test('a file that cannot be read', async (t) => {
  const error = await t.throwsAsync(readPolicy('/nowhere/policy.json'), { instanceOf: SyscopeError })
  t.like(error, {
    code: 'ERR_SYSCOPE_BAD_POLICY',
    errno: 'ENOENT',
    message: '/nowhere/policy.json: cannot be read (ENOENT)',
  })
  const none: unknown = 7
  await t.throwsAsync(readPolicy(none as string), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  await t.throwsAsync(readPolicy(''), { code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
})
