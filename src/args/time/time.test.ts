import test from 'ava'
import { timeText } from './time.ts'

const yearOf = (second: number | bigint): string | undefined => timeText(second, 0, 9)?.split('-')[0]

test('dates that JavaScript has none for go on by cycles of the calendar', (t) => {
  t.is(yearOf(1_000_000_000), '2001')
  t.is(yearOf(320_255_973_501_901), '10150477')
  t.is(yearOf(2n ** 62n), undefined)
})

test('a fraction that is a second or more makes no date', (t) => {
  t.is(timeText(1, 1_000_000_000, 9), undefined)
  t.is(timeText(0, 0, 9), undefined)
})
