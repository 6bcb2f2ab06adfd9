/** The reference (docs/reference): what scripts/reference makes of docstrings, and that its links lead somewhere. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'

interface Docstring {
  readonly text: string
  readonly default: string | undefined
  readonly examples: readonly string[]
  readonly params: readonly (readonly [name: string, text: string])[]
  readonly returns: string | undefined
  readonly throws: string | undefined
  readonly isInternal: boolean
}

const folder = join(import.meta.dirname, '../docs/reference')
// By its address: scripts have no declarations.
const script = new URL('../scripts/reference/docstring.mjs', import.meta.url).href
const { firstSentence, readDocstring, typeLine } = (await import(script)) as {
  readonly firstSentence: (text: string) => string
  readonly readDocstring: (comment: string) => Docstring
  readonly typeLine: (text: string) => string
}

test('a docstring is a text and tags, and examples are left as they are', (t) => {
  const comment = `/**
   * Opens a file.
   *
   * Throws where it is none.
   * @param path absolute,
   *   or relative
   * @example
   * {
   *   glob: '**\\/*.json', // @default is no tag here
   * }
   * @default 'none'
   * @internal
   */`
  t.deepEqual(readDocstring(comment), {
    text: 'Opens a file.\n\nThrows where it is none.',
    default: "'none'",
    examples: ["{\n  glob: '**/*.json', // @default is no tag here\n}"],
    params: [['path', 'absolute, or relative']],
    returns: undefined,
    throws: undefined,
    isInternal: true,
  })
})

test('a docstring of one line can end with its default', (t) => {
  const { text, default: value } = readDocstring("/** Constants by name (-X). @default 'abbrev' */")
  t.deepEqual([text, value], ['Constants by name (-X).', "'abbrev'"])
})

test('a tag that is not known is a mistake', (t) => {
  t.throws(() => readDocstring('/** @retruns nothing */'), { message: /@retruns/ })
})

test('a sentence ends before a space, a type is one line', (t) => {
  t.is(firstSentence('Reads `a.json`\nat once. And more.'), 'Reads `a.json` at once.')
  t.is(
    typeLine("{\n  readonly a: 'b' | 'c'\n  d?: (\n    | 'e'\n    | 'f'\n  )[]\n}"),
    "{ readonly a: 'b' | 'c'; d?: ('e' | 'f')[] }",
  )
})

const pages = new Map(readdirSync(folder).map((name) => [name, readFileSync(join(folder, name), 'utf8')]))

/** Anchors as GitHub makes them of headings. */
function anchorsOf(text: string): ReadonlySet<string> {
  const anchors = new Set<string>()
  for (const [, heading = ''] of text.replaceAll(/^```.*?^```$/gms, '').matchAll(/^#+ (.*)$/gm)) {
    const anchor = heading
      .toLowerCase()
      .replaceAll(/[^\w\- ]/g, '')
      .replaceAll(' ', '-')
    let name = anchor
    for (let count = 1; anchors.has(name); count++) name = `${anchor}-${count}`
    anchors.add(name)
  }
  return anchors
}

test('what is said of a declaration holds no marks of comments', (t) => {
  for (const [name, text] of pages) t.notRegex(text.replaceAll(/^```.*?^```$/gms, ''), /^\s*(?:\/\*|\/\/|\* )/m, name)
})

test('links lead to headings that are there', (t) => {
  const anchors = new Map([...pages].map(([name, text]) => [name, anchorsOf(text)]))
  const links = [...pages].flatMap(([page, text]) =>
    [...text.matchAll(/\]\((?!\.\.\/)([\w-]*\.md)?(?:#([\w-]+))?\)/g)].map(([link, file = page, anchor]) => ({
      page,
      link,
      file,
      anchor,
    })),
  )
  t.true(links.length > 500)
  const broken = links.filter(
    ({ file, anchor }) => anchors.get(file)?.has(anchor ?? [...(anchors.get(file) ?? [])][0] ?? '') !== true,
  )
  t.deepEqual(broken, [])
})

test('the index has what is exported, and nothing internal', (t) => {
  const index = pages.get('README.md') ?? ''
  for (const title of ['trace()', 'Trace', 'faults()', 'SyscopeError', 'ProfileNodeOptions'])
    t.true(index.includes(`[\`${title}\`](`), title)
  for (const name of ['batches', 'saveWhile', 'turnInto']) t.false(index.includes(`[\`${name}`), name)
})
