import test from 'ava'
import fc from 'fast-check'
import { readRules } from '../../__test__/rules.ts'
import { SyscopeError } from '../errors.ts'
import { readTraceOptions } from '../validate.ts'
import { writeRules } from './compile.ts'

/** Rules that the engine would take, or an error that says why there are none. */
function compilesOrThrows(options: object): boolean {
  try {
    readRules(writeRules(readTraceOptions(options).rules))
  } catch (error) {
    if (!(error instanceof SyscopeError)) throw error
  }
  return true
}

const anything = fc.anything({ withBigInt: true, withTypedArray: true, withDate: true, withNullPrototype: true })
const word = fc.constantFrom(
  'openat',
  '%file',
  'read',
  'connect',
  '/a/',
  './b',
  '**/c',
  '/a*[',
  'socket:*',
  'O_TRUNC',
  'EIO',
  '3..9+2',
  '10.0.0.0/8',
  '50ms',
)
const value = fc.oneof(anything, word, fc.integer(), fc.bigInt(), fc.constantFrom(undefined, true, 0, 1, -1))
const keys = (
  'calls syscall network path fd args addr process error returns run instead nth when per outcome pokeEnter pokeExit signal ' +
  'killTree stopTracing delayEnter delayExit report'
).split(' ')
const inner = (
  'is not has lacks min max mask startsWith except family address port path flags pathname buf count fd pid depth program ' +
  'argv0 argv'
).split(' ')
const { tree } = fc.letrec((tie) => ({
  leaf: value,
  tree: fc.oneof(
    { maxDepth: 3 },
    tie('leaf'),
    fc.dictionary(fc.constantFrom(...inner), tie('tree'), { maxKeys: 4 }),
    fc.array(tie('tree'), { maxLength: 3 }),
  ),
}))
const rule = fc.dictionary(fc.constantFrom(...keys), tree, { maxKeys: 6 })

test('whatever is given to deny and inject compiles, or is refused in words', (t) => {
  fc.assert(fc.property(anything, (it) => compilesOrThrows({ deny: it }) && compilesOrThrows({ inject: it })))
  fc.assert(
    fc.property(rule, (it) => compilesOrThrows({ deny: it })),
    { numRuns: 300 },
  )
  fc.assert(
    fc.property(rule, (it) => compilesOrThrows({ inject: { syscall: 'openat,connect', ...it } })),
    { numRuns: 300 },
  )
  t.pass()
})

test('any text is a pattern that the engine takes, or none', (t) => {
  const text = fc.string({
    unit: fc.constantFrom(...'/ * ? [ ] { } ! \\ , . a - ^ \uDC80 é'.split(' ')),
    maxLength: 12,
  })
  fc.assert(
    fc.property(text, (it) => compilesOrThrows({ deny: { path: `/${it}` } })),
    { numRuns: 1000 },
  )
  fc.assert(fc.property(text, (it) => compilesOrThrows({ deny: { calls: 'read', fd: `socket:${it}` } })))
  fc.assert(
    fc.property(text, (it) =>
      compilesOrThrows({ deny: { calls: 'read', process: { argv0: it, argv: [it], program: it } } }),
    ),
  )
  t.pass()
})
