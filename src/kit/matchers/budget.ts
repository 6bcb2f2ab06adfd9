/** `toStayWithinBudget()`: limits on calls that are kept in a file. */

import { inspect } from 'node:util'
import { checkOptions, invalid, isInteger, isObject, type Check } from '../../checks.ts'
import { currentContext } from './context.ts'
import { countCalls, requireCounted } from './counting.ts'
import { isOver, judge, makersOf, tableOf, wordsOf, type Limits } from './limits.ts'
import { changeText, entryOf, readText, type Entry } from './store.ts'
import { readRun, requireWhole, type Subject } from './subject.ts'
import type { Verdict } from './verdict.ts'

/** What `toStayWithinBudget()` is told. */
export interface BudgetOptions {
  /**
   * The file with the limits, from the directory of the test file.
   * @default `__snapshots__/<test file>.budget.json` beside the test file
   */
  readonly file?: string
  /** Tells several budgets in one test apart. Needed where the runner does not say which test it is. */
  readonly name?: string
  /**
   * What is limited: names, classes and other words of the `filter` option, and `total`.
   * @default what the file has, else ['%file', '%network']
   */
  readonly calls?: readonly string[]
  /**
   * How much more than the file says is still within: 0.1 are 10 %, rounded down.
   * @default 0
   */
  readonly slack?: number
}

/** See `RunMatchers.toStayWithinBudget`. */
export function toStayWithinBudget(received: unknown, options: BudgetOptions = {}): Verdict {
  const subject = readRun(received, 'toStayWithinBudget')
  checkOptions(options, checks, subject.asks)
  const context = currentContext()
  const entry = entryOf(context, options, '.budget.json', subject.asks)
  const budget = readBudgets(readText(entry.file), entry.file).get(entry.name)
  const words = options.calls ?? [...(budget?.keys() ?? ['%file', '%network'])]
  const missing = words.filter((word) => budget?.has(word) !== true)
  if (context.update === 'all') return write(subject, words, entry)
  if (missing.length > 0 && context.update === 'none') return missingVerdict(subject, entry, missing)
  const known = words.filter((word) => !missing.includes(word))
  const verdict =
    known.length === 0 ? undefined : compare(subject, budget ?? new Map(), known, entry, options.slack ?? 0)
  if (verdict !== undefined && (missing.length === 0 || !verdict.pass)) return verdict
  return write(subject, missing, entry, budget)
}

const checks: Readonly<Record<keyof BudgetOptions, Check>> = {
  file: { expected: 'a path', isRight: (value) => typeof value === 'string' && value !== '' },
  name: { expected: 'a name', isRight: (value) => typeof value === 'string' && value !== '' },
  calls: {
    expected: 'an array of words of the `filter` option',
    isRight: (value) => Array.isArray(value) && value.length > 0 && value.every((word) => typeof word === 'string'),
  },
  slack: {
    expected: 'a number that is not negative, such as 0.1',
    isRight: (value) => typeof value === 'number' && value >= 0 && Number.isFinite(value),
  },
}

function compare(subject: Subject, budget: Limits, words: readonly string[], entry: Entry, slack: number): Verdict {
  const limits = new Map(words.map((word) => [word, Math.floor((budget.get(word) ?? 0) * (1 + slack) + 1e-9)]))
  const judged = judge(subject, limits)
  const over = judged.filter(isOver)
  const pass = over.length === 0
  const from = `of '${entry.name}' in ${entry.file}${slack === 0 ? '' : `, and ${Math.round(slack * 1e4) / 100} % more`}`
  const did = pass ? 'it stayed within it' : `it exceeded ${wordsOf(over)}`
  const headline = `Expected ${subject.name} to ${pass ? 'exceed' : 'stay within'} its budget, but ${did}:`
  const advice = pass
    ? ''
    : `\n\nIf it is to be so: SYSCOPE_UPDATE=1, or your runner's own option to update snapshots, writes new budgets.`
  return {
    pass,
    message: `${headline}\n\n${tableOf(judged)}${makersOf(over)}\n\nThe limits are those ${from}.${advice}`,
  }
}

/** Writes what was seen beside the limits that are kept. Throws where the run may have made more calls: no limit is made of that. */
function write(subject: Subject, words: readonly string[], { file, name }: Entry, kept: Limits = new Map()): Verdict {
  requireCounted(subject, words)
  requireWhole(subject)
  const seen = countCalls(subject, words).map(({ word, seen, unsure }) => [word, seen + unsure] as const)
  const limits = new Map([...kept, ...seen])
  changeText(file, (before) => budgetsText(new Map([...readBudgets(before, file), [name, limits]])))
  return {
    pass: true,
    message: `Expected ${subject.name} to exceed its budget, but that was written only now: '${name}' in ${file}.`,
  }
}

function missingVerdict({ name }: Subject, entry: Entry, missing: readonly string[]): Verdict {
  const words = missing.map((word) => `'${word}'`).join(', ')
  return {
    pass: false,
    message:
      `Expected ${name} to stay within its budget, but ${entry.file} has no limit on ${words} for '${entry.name}', and none is ` +
      'written here: CI is set, or the runner was told not to.\n\n' +
      'Run the test elsewhere, or with SYSCOPE_UPDATE=1, and keep the file with the tests.',
  }
}

/** Limits by name of the test. Throws ERR_SYSCOPE_INVALID_ARGUMENT for a file of another form: it is not overwritten. */
function readBudgets(text: string | undefined, file: string): ReadonlyMap<string, Limits> {
  if (text === undefined || text.trim() === '') return new Map()
  const budgets = parse(text, file)
  if (!isObject(budgets) || Array.isArray(budgets)) throw unreadable(file, 'it is no object')
  return new Map(Object.entries(budgets).map(([name, limits]) => [name, readLimits(limits, name, file)]))
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw unreadable(file, error instanceof Error ? error.message : String(error))
  }
}

function readLimits(limits: unknown, name: string, file: string): Limits {
  if (!isObject(limits) || Array.isArray(limits)) throw unreadable(file, `'${name}' is no object`)
  return new Map(
    Object.entries(limits).map(([word, limit]) => {
      if (typeof limit === 'number' && isInteger(limit, Number.MAX_SAFE_INTEGER)) return [word, limit]
      throw unreadable(file, `the limit on '${word}' of '${name}' is ${inspect(limit, { depth: 0 })}`)
    }),
  )
}

function unreadable(file: string, why: string): Error {
  return invalid(
    `${file} holds no budgets of system calls: ${why}. Put it right, or remove it and write it anew with SYSCOPE_UPDATE=1.`,
  )
}

/** Names in order, so that a change is where it was; words as they were given. */
function budgetsText(budgets: ReadonlyMap<string, Limits>): string {
  const sorted = [...budgets].toSorted(([one], [other]) => (one < other ? -1 : 1))
  const plain = Object.fromEntries(sorted.map(([name, limits]) => [name, Object.fromEntries(limits)]))
  return `${JSON.stringify(plain, undefined, 2)}\n`
}
