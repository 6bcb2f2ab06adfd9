import test from 'ava'
import fc from 'fast-check'
import { O } from '../table/constants/file.ts'
import { CLONE3 } from '../table/constants/process.ts'
import type { Style } from './arg.ts'
import { prepare, readFlags, type Constants } from './flags.ts'

const style: Style = {
  stringLimit: 32,
  abbreviate: true,
  constants: 'abbrev',
  hexStrings: 'none',
  decodeFds: false,
}

function orOf(set: Constants, names: readonly string[]): bigint {
  return names.reduce((value, name) => value | BigInt(set.values[name] ?? 0), 0n)
}

for (const [name, set] of Object.entries({ O, CLONE3 })) {
  test(`flags of ${name} or-ed give the number back`, (t) => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffff_ffff }), fc.integer({ min: 0, max: 0xffff_ffff }), (high, low) => {
        const value = readFlags(prepare(set), high, low)
        t.is(orOf(set, value.names) | BigInt(value.rest), (BigInt(high) << 32n) | BigInt(low))
        t.is(BigInt(value.number), (BigInt(high) << 32n) | BigInt(low))
      }),
    )
  })
}

for (const [low, constants, expected] of [
  [0, 'abbrev', '0'],
  [0x80000, 'abbrev', 'O_CLOEXEC'],
  [0x101040, 'abbrev', 'O_CREAT|O_SYNC'],
  [0x8000_0040, 'abbrev', 'O_CREAT|0x80000000'],
  [0x8000_0000, 'abbrev', '0x80000000 /* O_??? */'],
  [0x80000, 'raw', '0x80000'],
  [0x80000, 'verbose', '0x80000 /* O_CLOEXEC */'],
  [0x8000_0000, 'verbose', '0x80000000 /* O_??? */'],
] as const) {
  test(`0x${low.toString(16)} is ${expected} (${constants})`, (t) => {
    t.is(prepare(O).flagsText(0, low, { ...style, constants }), expected)
    // The second time it comes from a cache.
    t.is(prepare(O).flagsText(0, low, { ...style, constants }), expected)
  })
}

test('bits past 32 have names', (t) => {
  t.is(prepare(CLONE3).flagsText(1, 0x100, style), 'CLONE_VM|CLONE_CLEAR_SIGHAND')
  t.deepEqual(readFlags(prepare(CLONE3), 2, 0).names, ['CLONE_INTO_CGROUP'])
})

test('flags know what they hold', (t) => {
  const value = readFlags(prepare(O), 0, 0x8008_0000)
  t.true(value.has('O_CLOEXEC'))
  t.false(value.has('O_CREAT'))
  t.is(String(value), 'O_CLOEXEC|0x80000000')
  t.is(String(readFlags(prepare(O), 0, 0)), '0')
  t.deepEqual(JSON.parse(JSON.stringify(value)), { number: 0x8008_0000, names: ['O_CLOEXEC'] })
})
