import test from 'ava'
import fc from 'fast-check'
import { decodeBytes, encodeString } from './surrogates.ts'

function decode(bytes: Uint8Array): string {
  return decodeBytes(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length)
}

test('any bytes come back', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64, size: 'max' }), (bytes) => {
      t.deepEqual(Uint8Array.from(encodeString(decode(bytes))), Uint8Array.from(bytes))
    }),
  )
})

test('any text without lone surrogates comes back', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      t.is(decode(encodeString(text)), text)
    }),
  )
})

test('a byte that is no UTF-8 is U+DC00 and the byte', (t) => {
  t.is(decode(Uint8Array.of(0x61, 0xff, 0x62)), 'a\uDCFFb')
  t.is(decode(Uint8Array.of(0xed, 0xa0, 0x80)), '\uDCED\uDCA0\uDC80')
})

test('a replacement character that was there stays', (t) => {
  t.is(decode(Buffer.from('a\uFFFDb')), 'a\uFFFDb')
})

test('a path longer than a few bytes is decoded the same way', (t) => {
  const path = '/home/jürgen/Überraschung/日本語/'.repeat(4)
  t.is(decode(Buffer.from(path)), path)
})

test('surrogates that escape nothing become replacement characters', (t) => {
  t.is(Buffer.from(encodeString('\uD800')).toString(), '\uFFFD')
})
