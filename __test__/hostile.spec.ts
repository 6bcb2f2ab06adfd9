/**
 * Every row with words and memory that make no sense: pointers that lead nowhere or to themselves, lengths without bounds, bytes
 * that are no text. A filter of the tracee's own keeps each call from doing anything; it returns 0, so that what comes back is copied
 * too, or an error.
 */

import { join } from 'node:path'
import test from 'ava'
import { trace, type SyscallName, type TextOptions } from '../index.ts'
import { allRowsOf } from '../src/table/index.ts'
import { eventText } from '../src/text/line.ts'
import { cycle, edge, rest, scriptArguments, type Call, type Word } from './rows/script.ts'

const fixture = join(import.meta.dirname, '../target/checkout/syscope-fixtures')
const huge = 0xffff_ffff_ffff_ffffn
const six = (word: Word): readonly Word[] => [word, word, word, word, word, word]

const patterns: Readonly<Record<string, readonly Word[]>> = {
  'pointers that lead to themselves': six(cycle),
  'pointers to the last bytes of memory': six(edge),
  'bytes that are no text and do not end': six(rest),
  'nothing but zeros': six(0),
  'all bits set': six(huge),
  'addresses that are not mapped': [1, 2, 4095, 0x1_0000, 0x7fff_ffff_ffffn, 0xffff_8000_0000_0000n],
  'cycles, and lengths without bounds': [cycle, huge, cycle, huge, cycle, huge],
  'lengths without bounds, and cycles': [huge, cycle, huge, cycle, huge, cycle],
  'descriptors before pointers': [3, cycle, 1000, rest, 0x7fff_ffff, edge],
  'small numbers between pointers': [rest, 1, cycle, 2, edge, 3],
}

const styles: readonly TextOptions[] = [
  {},
  { abbreviate: false, constants: 'raw', stringLimit: 1000 },
  { abbreviate: false, constants: 'verbose', hexStrings: 'all', argumentNames: true },
]

/** What the script itself is made of, and what no filter keeps from running: the kernel kills who calls it by hand. */
const excepted: ReadonlySet<string> = new Set(['getppid', 'exit_group', 'uprobe', 'uretprobe'])

// Rows of x86_64 have these names.
const names = allRowsOf('x86_64').map(({ name }) => name as SyscallName)
const made = names.filter((name) => !excepted.has(name))

for (const [pattern, words] of Object.entries(patterns)) {
  for (const [outcome, errno] of [
    ['success', 0],
    ['failure', 38],
  ] as const) {
    test(`${pattern}, ${outcome}`, async (t) => {
      const script = scriptArguments(made.map((name): Call => [name, ...words]))
      const run = await trace(fixture, ['script', 'pretend', String(errno), ...script], {
        mode: 'stops',
        stringLimit: 64,
        decodeFds: true,
        timeout: 60_000,
      })
      t.is(run.exitCode, 0, `${run.signal}: ${run.stderr}`)
      const calls = run.syscalls()
      const first = calls.findIndex(({ name, raw }) => name === 'getppid' && raw.args[0] === 0n)
      // Marks come between them.
      const seen = calls.slice(first).filter(({ name }) => !excepted.has(name))
      t.deepEqual(
        seen.map(({ name }) => name),
        made,
      )
      for (const call of seen) {
        JSON.stringify(call)
        for (const style of styles) t.true(eventText(call, style).length > 0)
      }
    })
  }
}
