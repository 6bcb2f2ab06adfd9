import test from 'ava'
import { SyscopeError } from './errors.ts'
import { holdsName, namesOfSet, resolveFilter, type Filter } from './filter.ts'
import { classMembers, syscallNames } from './table/index.ts'

const names = (filter: Filter): readonly string[] => [...namesOfSet(resolveFilter(filter, 'filter'))].toSorted()
const x86Names = (filter: Filter): readonly string[] => {
  const set = resolveFilter(filter, 'filter')
  return syscallNames.filter((name) => holdsName(set, name))
}

const selects = test.macro({
  exec(t, filter: Filter, expected: readonly string[]) {
    t.deepEqual(names(filter), [...expected].toSorted())
  },
  title: (given, filter) =>
    `${given ?? ''}: ${JSON.stringify(filter, (_, it: unknown) => (it instanceof RegExp ? String(it) : it))}`,
})

test('a name', selects, 'openat', ['openat'])
test('several names', selects, ['openat', 'close'], ['openat', 'close'])
test('several names in one string', selects, 'openat,close', ['openat', 'close'])
test('a number is the call of x86_64', selects, [257, '3'], ['openat', 'close'])
test('a number in one ABI', selects, ['6@32', '3@64', '3@x32'], ['close@32', 'close@64', 'close@x32'])
test('an expression', selects, ['/^mlock/'], ['mlock', 'mlock2', 'mlockall'])
test('an expression with a comma', selects, '/^mlo(ck){1,1}$/,close', ['mlock', 'close'])
test('a RegExp', selects, /^mlock/, ['mlock', 'mlock2', 'mlockall'])
test('a RegExp that remembers', selects, [/^mlock/g, /^mlock/g], ['mlock', 'mlock2', 'mlockall'])
test('a name that may be missing', selects, ['?nosuchcall', 'close'], ['close'])
test('a class that may be missing', selects, ['?%nosuchclass', 'close'], ['close'])
test('an expression in one ABI', selects, '/^openat$/@32', ['openat@32'])
test('a name in one ABI', selects, 'openat@32,close@64', ['openat@32', 'close@64'])
test('what is not wanted after all', selects, ['/^mlock/', '!mlock2'], ['mlock', 'mlockall'])
test('twice negated is wanted', selects, '!!close', ['close'])
test('nothing', selects, 'none', [])
test('no items', selects, [], [])
test('all but all', selects, '!all', [])

test('all is all', (t) => {
  t.is(resolveFilter('all', 'filter'), 'all')
  t.is(resolveFilter('!none', 'filter'), 'all')
  t.is(resolveFilter(['openat', 'all'], 'filter'), 'all')
})

test('a class is its members', (t) => {
  const members = classMembers('%file') ?? []
  t.true(members.length > 50)
  for (const name of members) t.true(names('%file').includes(name), name)
  t.deepEqual(names('file'), names('%file'))
})

test('only exclusions mean all others', (t) => {
  t.deepEqual(
    x86Names('!read,write'),
    syscallNames.filter((name) => name !== 'read' && name !== 'write'),
  )
  t.deepEqual(x86Names(['!read', '!write']), x86Names('!read,write'))
})

test('a name of i386 only is known', (t) => {
  t.deepEqual(names('socketcall'), ['socketcall'])
})

test('an exclusion in one ABI leaves the others', (t) => {
  const left = names(['read', 'close', '!read@32'])
  t.true(left.includes('read@64'))
  t.false(left.includes('read@32') || left.includes('read'))
  t.true(left.includes('close'))
})

test('a set holds a name if it holds it in every ABI', (t) => {
  t.true(holdsName('all', 'openat'))
  t.true(holdsName(resolveFilter('openat', 'filter'), 'openat'))
  t.true(holdsName(resolveFilter('openat@64,openat@32,openat@x32', 'filter'), 'openat'))
  t.false(holdsName(resolveFilter('openat@64', 'filter'), 'openat'))
  t.false(holdsName(resolveFilter('close', 'filter'), 'openat'))
})

for (const [filter, code, message] of [
  [
    'opnat',
    'ERR_SYSCOPE_UNKNOWN_SYSCALL',
    "Unknown system call 'opnat' in the `filter` option. Did you mean 'openat'?",
  ],
  ['xyzzyxyzzy', 'ERR_SYSCOPE_UNKNOWN_SYSCALL', "Unknown system call 'xyzzyxyzzy' in the `filter` option."],
  [
    '%netwrk',
    'ERR_SYSCOPE_UNKNOWN_CLASS',
    "Unknown class of system calls '%netwrk' in the `filter` option. Did you mean '%network'?",
  ],
  ['openat@x33', 'ERR_SYSCOPE_UNKNOWN_SYSCALL', undefined],
  [99999, 'ERR_SYSCOPE_UNKNOWN_SYSCALL', "Unknown system call '99999' in the `filter` option."],
  ['/nosuch/', 'ERR_SYSCOPE_UNKNOWN_SYSCALL', 'No system call matches /nosuch/ in the `filter` option.'],
  ['/(/', 'ERR_SYSCOPE_INVALID_ARGUMENT', 'The regular expression /(/ in the `filter` option is not valid.'],
  ['', 'ERR_SYSCOPE_INVALID_ARGUMENT', "Expected the `filter` option to name calls, got ''."],
  ['!', 'ERR_SYSCOPE_INVALID_ARGUMENT', "Expected the `filter` option to name calls, got '!'."],
  [-1, 'ERR_SYSCOPE_INVALID_ARGUMENT', undefined],
  [
    { openat: true },
    'ERR_SYSCOPE_INVALID_ARGUMENT',
    'Expected the `filter` option to hold names, numbers and regular expressions, got { openat: true }.',
  ],
  [['openat', undefined], 'ERR_SYSCOPE_INVALID_ARGUMENT', undefined],
] as const) {
  test(`refuses ${JSON.stringify(filter)}`, (t) => {
    const error = t.throws(() => resolveFilter(filter, 'filter'), { instanceOf: SyscopeError, code })
    if (message !== undefined) t.is(error?.message, message)
  })
}

test('the unknown word is on the error', (t) => {
  const error = t.throws(() => resolveFilter('close,opnat', 'filter'), { instanceOf: SyscopeError })
  t.like(error, { word: 'opnat' })
})
