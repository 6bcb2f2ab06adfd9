import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import test from 'ava'

const module = join(import.meta.dirname, 'progress.ts')
const script = `import(${JSON.stringify(module)}).then(({ ProgressLine }) => {
  let now = 0
  performance.now = () => now
  const line = new ProgressLine()
  line.show(() => 'a'.repeat(200), true)
  now = 49
  line.show(() => 'not so soon')
  now = 50
  line.show(() => 'now')
  line.show(() => 'half', true)
  line.clear()
  line.clear()
  new ProgressLine(60_000).show(() => 'too early')
})`
const words = [...process.execArgv, '-e', script]

test('who is no terminal reads nothing', (t) => {
  const { stderr, status } = spawnSync(process.execPath, words, { encoding: 'utf8' })
  t.deepEqual([stderr, status], ['', 0])
})

const hasTerminal = spawnSync('script', ['--version']).status === 0
const terminal = hasTerminal ? test : test.skip
terminal('on a terminal a line is written over, and away', (t) => {
  const quoted = [process.execPath, ...words].map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ')
  const { stdout } = spawnSync('script', ['-qec', `stty cols 40; ${quoted}`, '/dev/null'], { encoding: 'utf8' })
  const start = '\r\u001B[K'
  t.is(stdout, `${start}${'a'.repeat(39)}${start}now${start}half${start}`)
})
