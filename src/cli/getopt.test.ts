import test from 'ava'
import { parseOptions, UsageError } from './getopt.ts'

const options = [
  { short: 'f', long: ['follow-forks'] },
  { short: 's', long: ['string-limit'], argument: 'required' },
  { long: ['strings-in-hex'], argument: 'optional' },
  { short: 'Z', long: ['failed-only', 'failing-only'] },
] as const

const parses = test.macro({
  exec(t, words: readonly string[], given: readonly (readonly [string, string?])[], rest: readonly string[]) {
    const parsed = parseOptions(words, options)
    t.deepEqual(
      parsed.given.map(({ spelled, value }) => (value === undefined ? [spelled] : [spelled, value])),
      given.map((pair) => [...pair]),
    )
    t.deepEqual([...parsed.rest], [...rest])
  },
  title: (_, words: readonly string[]) => words.join(' '),
})

test(parses, ['-f', 'ls', '-l'], [['-f']], ['ls', '-l'])
test(parses, ['-fs32', 'ls'], [['-f'], ['-s', '32']], ['ls'])
test(parses, ['-s', '32', 'ls', '-f'], [['-s', '32']], ['ls', '-f'])
test(
  parses,
  ['--string-limit=3', '--string-limit', '4'],
  [
    ['--string-limit', '3'],
    ['--string-limit', '4'],
  ],
  [],
)
test(parses, ['--strings-in-hex', 'all'], [['--strings-in-hex']], ['all'])
test(parses, ['--strings-in-hex=all'], [['--strings-in-hex', 'all']], [])
test(parses, ['--follow'], [['--follow-forks']], [])
test(parses, ['--fail'], [['--failed-only']], [])
test(parses, ['-f', '--', '-f'], [['-f']], ['-f'])
test(parses, ['-', '-f'], [], ['-', '-f'])
test(parses, ['-s', '-f'], [['-s', '-f']], [])

const refuses = test.macro({
  exec(t, words: readonly string[], message: string) {
    t.throws(() => parseOptions(words, options), { instanceOf: UsageError, message })
  },
  title: (_, words: readonly string[]) => `${words.join(' ')} is refused`,
})

test(refuses, ['-Q'], "invalid option -- 'Q'")
test(refuses, ['-fQ'], "invalid option -- 'Q'")
test(refuses, ['-s'], "option requires an argument -- 's'")
test(refuses, ['--nope'], "unrecognized option '--nope'")
test(refuses, ['--string-limit'], "option '--string-limit' requires an argument")
test(refuses, ['--follow-forks=1'], "option '--follow-forks' doesn't allow an argument")
test(refuses, ['--s'], "option '--s' is ambiguous; possibilities: '--string-limit' '--strings-in-hex'")
