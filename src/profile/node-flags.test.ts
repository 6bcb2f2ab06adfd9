import test from 'ava'
import { SyscopeError } from '../errors.ts'
import { flagsOf, type NodeNeeds } from './node-flags.ts'

const nothing: NodeNeeds = { child: false, worker: false, addons: false, net: false, wasi: false }
const all: NodeNeeds = { child: true, worker: true, addons: true, net: true, wasi: true }
const paths = { read: ['/a'], write: ['/b'], looked: ['/'], unresolved: ['c'] }

test('paths are granted one flag each', (t) => {
  const flags = ['--permission', '--allow-fs-read=/a', '--allow-fs-write=/b']
  t.deepEqual(flagsOf(nothing, paths, 'v24.1.0'), flags)
})

for (const [version, flags] of [
  ['20.0.0', '--experimental-permission --allow-child-process --allow-worker'],
  ['v20.20.2', '--experimental-permission --allow-child-process --allow-worker --allow-addons --allow-wasi'],
  ['21.7.3', '--experimental-permission --allow-child-process --allow-worker --allow-addons'],
  ['22.12.0', '--experimental-permission --allow-child-process --allow-worker --allow-addons --allow-wasi'],
  ['22.13.0', '--permission --allow-child-process --allow-worker --allow-addons --allow-wasi'],
  ['23.4.0', '--experimental-permission --allow-child-process --allow-worker --allow-addons --allow-wasi'],
  ['24', '--permission --allow-child-process --allow-worker --allow-addons --allow-wasi'],
  ['v25.0.0-nightly', '--permission --allow-child-process --allow-worker --allow-addons --allow-net --allow-wasi'],
] as const) {
  test(`flags of Node ${version}`, (t) => {
    t.is(flagsOf(all, { ...paths, read: [], write: [] }, version).join(' '), flags)
  })
}

for (const version of ['18.20.0', 'latest', '']) {
  test(`no flags for Node '${version}'`, (t) => {
    t.throws(() => flagsOf(nothing, paths, version), { instanceOf: SyscopeError, code: 'ERR_SYSCOPE_INVALID_ARGUMENT' })
  })
}
