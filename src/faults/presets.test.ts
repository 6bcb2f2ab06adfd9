import test from 'ava'
import { resolveFilter } from '../filter.ts'
import { errnoNumber } from '../names.ts'
import { allRowsOf } from '../table/index.ts'
import { presets } from './presets.ts'
import type { InjectRule } from '../rules/options.ts'
import { repeatLine } from './repeat.ts'

const rows = Object.values(presets).flat()

test('the calls of presets exist', (t) => {
  for (const { calls } of rows) for (const name of calls) t.notThrows(() => resolveFilter(name, 'calls'), name)
})

test('presets are errors, but for those that change arguments', (t) => {
  for (const [name, faults] of Object.entries(presets)) {
    const isChange = name.startsWith('short-') || name === 'disk-full'
    t.is(errnoNumber(name) === undefined, isChange)
    if (isChange) t.true(faults.every(({ args }) => args !== undefined))
  }
})

test('the arguments that presets change exist, where the command line has them', (t) => {
  const table = new Map(allRowsOf('x86_64').map((row) => [row.name, row.args.map(([name]) => name)]))
  for (const { calls, args = {} } of rows) {
    for (const [name, value] of Object.entries(args)) {
      for (const call of calls) {
        const place = (table.get(call)?.indexOf(name) ?? -1) + 1
        t.true(place > 0, `${call} ${name}`)
        const line = repeatLine([{ syscall: call, args, nth: 2 }], { file: 'x', args: [] }, {})
        t.is(line, `syscope -f -e trace=${call} -e inject=${call}:nth=2:setarg${place}=${value} x`)
      }
    }
  }
})

test('a fault on the command line', (t) => {
  const command = { file: 'sh', args: ['-c', 'a b'] }
  const line = (rule: InjectRule, given = {}): string => repeatLine([rule], command, given)
  const start = 'syscope -f -e trace=close -e '
  t.is(
    line({ syscall: 'close', path: './a b', nth: 1, error: 'EIO', run: true }),
    `${start}'inject=close:error=EIO:path=./a b:nth=1:run' sh -c 'a b'`,
  )
  t.is(
    line({ syscall: 'close', fd: 'socket:*', when: '3+', error: 'EIO' }, { env: { A: 'b', C: undefined } }),
    `${start}'inject=close:error=EIO:fd=socket:*:when=3+:per=tree' -E A=b -E C sh -c 'a b'`,
  )
  t.is(line({ syscall: 'close', path: './a:b', nth: 1 }), `${start}inject=close:path=./a:b:nth=1 sh -c 'a b'`)
  t.is(line({ syscall: 'close', path: './a:b=c', nth: 1 }), `${start}'inject=close:path=./a?b=c:nth=1' sh -c 'a b'`)
  t.true(
    line({ syscall: 'close', path: '../tmp/x', nth: 1 }).startsWith('mkdir -p ../tmp && TMPDIR=$PWD/../tmp syscope'),
  )
  const full = [
    { syscall: 'write', nth: 1, args: { count: 1 } },
    { syscall: 'write', when: '1+', error: 'ENOSPC' },
  ] as const
  t.is(
    repeatLine(full, command, {}),
    "syscope -f -e trace=write -e inject=write:nth=1:setarg3=1 -e inject=write:error=ENOSPC:when=1+:per=tree sh -c 'a b'",
  )
  t.true(line({ syscall: 'close', nth: 1 }, { input: 'a\n' }).startsWith("printf %s 'a\n' | syscope"))
})
