import test from 'ava'
import fc from 'fast-check'
import { parseDocument, SyntaxFault } from './document.ts'

test('values are those of JSON, with comments, and large numbers are exact', (t) => {
  const text =
    '// first\n{ "a": [1, -2.5e1, 18446744073709551615, -9223372036854775808], /* b */ "b": { "c": null, "d": true }, }'
  t.deepEqual<unknown, unknown>(parseDocument(text).value, {
    a: [1, -25, 18446744073709551615n, -9223372036854775808n],
    b: { c: null, d: true },
  })
})

test('any JSON is read as JSON.parse reads it', (t) => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (text) => {
      const expected: unknown = JSON.parse(text)
      const rounded = JSON.stringify(parseDocument(text).value, (_, value: unknown) =>
        typeof value === 'bigint' ? Number(value) : value,
      )
      t.deepEqual(JSON.parse(rounded), expected)
    }),
  )
})

test('anything else is a fault with a place', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from('{}[]",:/* \n1e-truefalse\\u')) }), (text) => {
      try {
        parseDocument(text)
      } catch (error) {
        if (!(error instanceof SyntaxFault)) throw error
        t.true(error.position.line >= 1 && error.position.column >= 1)
      }
    }),
  )
})

const faults = test.macro({
  exec(t, text: string, line: number, column: number, message: string) {
    const error = t.throws(() => parseDocument(text), { instanceOf: SyntaxFault })
    t.deepEqual([error.position.line, error.position.column, error.message], [line, column, message])
  },
  title: (_, text: string) => `${JSON.stringify(text.slice(0, 40))} is a fault`,
})

test(faults, '', 1, 1, 'expected a value')
test(faults, '{\n  "a": 1\n  "b": 2\n}', 3, 3, 'expected a comma, got "b"')
test(faults, '{ a: 1 }', 1, 3, 'not a word of JSON, got a')
test(faults, "{ 'a': 1 }", 1, 3, "not a word of JSON, got 'a'")
test(faults, '{ "a" 1 }', 1, 7, 'expected a colon, got 1')
test(faults, '[1, 2', 1, 6, 'expected ]')
test(faults, '{"a": [1, 2}', 1, 12, 'expected a comma, got }')
test(faults, '[1]\n[2]', 2, 1, 'expected the end of the file, got [')
test(faults, '["a\n"]', 1, 2, 'the string does not end, got "a')
test(faults, '{\n  "a": 1,\n  "a": 2\n}', 3, 3, 'the key "a" is there twice')
test(faults, '['.repeat(100_000), 1, 1, 'too many lists within lists')

test('places are those of the text', (t) => {
  const document = parseDocument('{\n  "inject": [\n    { "error": 1 },\n    { "args": { "a-b": [2] } }\n  ]\n}')
  t.deepEqual(document.locate('inject[0].error'), { line: 3, column: 16 })
  t.deepEqual(document.locate('inject[0].error', true), { line: 3, column: 7 })
  t.deepEqual(document.locate('inject[1].args.a-b[0]'), { line: 4, column: 25 })
  t.deepEqual(document.locate('inject[1].args.a-b', true), { line: 4, column: 17 })
  // As far as there is something.
  t.deepEqual(document.locate('inject[1].nothing'), { line: 4, column: 5 })
  t.deepEqual(document.locate('deny'), { line: 1, column: 1 })
  t.deepEqual(parseDocument('{ "deny": { "path": 1 } }').locate('deny[0].path'), { line: 1, column: 21 })
})
