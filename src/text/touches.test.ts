import test from 'ava'
import { call, note, rows } from '../../__test__/text-records.ts'
import { KIND } from '../record/layout.ts'
import { touches } from './touches.ts'

const descriptor = { ...rows.close, args: [['fd', { kind: 'fd', fd: true, print: () => '' }]] } as const

test('a call that names the descriptor', (t) => {
  const event = call({ row: descriptor, args: [9] })
  t.true(touches(event, { paths: [], hasFd: (fd) => fd === 9 }))
  t.false(touches(event, { paths: [], hasFd: (fd) => fd === 8 }))
})

test('negative numbers are no descriptors', (t) => {
  t.false(touches(call({ row: descriptor, args: [-1] }), { paths: [], hasFd: () => true }))
})

test('other arguments and other events do not count', (t) => {
  t.false(touches(call({ row: rows.close, args: [9] }), { paths: [], hasFd: () => true }))
  t.false(touches(note(KIND.EXIT), { paths: [], hasFd: () => true }))
})
