/**
 * The stories in examples/stories: each test passes, and fails with what its guide in docs/stories shows once the program is the one in
 * `broken/`. SYSCOPE_UPDATE=1 writes tests and messages into the guides.
 */

import { execFile, spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import test from 'ava'

const root = join(import.meta.dirname, '..')
const stories = join(root, 'examples/stories')
const copies = join(root, 'target/test-stories')
/** What a story runs beside Node. */
const needs: Readonly<Record<string, readonly string[]>> = {
  'install-scripts': ['npm', 'curl'],
  marks: ['python3'],
  'no-network': ['python3', 'curl'],
  sandbox: ['curl'],
}
const isUpdate = process.env['SYSCOPE_UPDATE'] === '1'

for (const name of readdirSync(stories)) {
  const guide = join(root, 'docs/stories', `${name}.md`)

  test.serial(`${name}: the guide shows the test`, (t) => {
    const code = readFileSync(join(stories, name, `${name}.test.mjs`), 'utf8')
    if (isUpdate) replaceBlock(guide, 'js', code)
    t.is(blockOf(guide, 'js'), code)
  })

  test.serial(`${name}: passes, and fails as the guide shows`, async (t) => {
    t.timeout(600_000)
    const missing = (needs[name] ?? []).filter((command) => spawnSync(command, ['--version']).error !== undefined)
    if (missing.length > 0) {
      t.log(`SKIPPED: ${missing.join(' and ')} can't be run`)
      t.pass()
      return
    }
    const folder = copyOf(name, 'broken')
    const [right, { output, failures }] = await Promise.all([
      runStory(copyOf(name, 'right'), name),
      runStory(folder, name),
    ])
    t.deepEqual(right.failures, [], right.output)
    t.not(failures.length, 0, output)
    const message = `${failures.join('\n\n')}\n`
      .replaceAll(folder, '/srv/app')
      .replaceAll(root, '/srv/syscope')
      .replaceAll(/\/\S*\/(?=python3 )/g, '')
    if (isUpdate) replaceBlock(guide, 'console', message)
    t.is(steady(message), steady(blockOf(guide, 'console')))
  })
}

/** Numbers and random names are others each time. */
function steady(text: string): string {
  return text.replaceAll(/(\/tmp\/\w+-)\w{6}\b/g, '$1XXXXXX').replaceAll(/\d+/g, '#')
}

/** Within the checkout, so that `syscope` is this package. */
function copyOf(name: string, variant: 'right' | 'broken'): string {
  const folder = join(copies, `${name}-${variant}`)
  rmSync(folder, { recursive: true, force: true })
  cpSync(join(stories, name), folder, { recursive: true })
  if (variant === 'broken') cpSync(join(folder, 'broken'), folder, { recursive: true })
  return folder
}

interface Outcome {
  readonly output: string
  /** The messages of the tests that failed. */
  readonly failures: readonly string[]
}

async function runStory(cwd: string, name: string): Promise<Outcome> {
  const args = ['--test-reporter=tap', `${name}.test.mjs`]
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, SYSCOPE_UPDATE: undefined, CI: 'true' }
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd, env }, (_, stdout, stderr) => resolve(stdout + stderr))
  })
  if (!/^# pass \d+$/m.test(output)) throw new Error(output)
  return { output, failures: failuresIn(stripVTControlCharacters(output)) }
}

/** Of TAP: what `error:` says, in one line with quotes or in a block. */
function failuresIn(output: string): readonly string[] {
  return output
    .split(/^not ok /m)
    .slice(1)
    .map((text) => {
      const block = /^ {2}error: \|-\n((?: {4}.*\n| *\n)*)/m.exec(text)?.[1]
      if (block !== undefined) return block.replaceAll(/^ {4}/gm, '').trimEnd()
      return /^ {2}error: (['"])(.*)\1$/m.exec(text)?.[2] ?? text
    })
}

/** The first block of code in this language. */
function blockOf(guide: string, language: string): string {
  const text = existsSync(guide) ? readFileSync(guide, 'utf8') : ''
  return new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'ms').exec(text)?.[1] ?? ''
}

function replaceBlock(guide: string, language: string, content: string): void {
  const block = new RegExp(`^(\`\`\`${language}\n).*?(^\`\`\`$)`, 'ms')
  const text = readFileSync(guide, 'utf8')
  writeFileSync(
    guide,
    text.replace(block, (_, begin: string, end: string) => begin + content + end),
  )
}
