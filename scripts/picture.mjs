// Draws docs/picture.svg from a real run of the command line, and docs/failure.svg from a failure that the guide of a story shows
// (which its test keeps true): `node scripts/picture.mjs`.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './lib/checkout.mjs'
import { setUp } from './setup.mjs'

const options = ['-f', '-o', 'log', '-e', 'trace=execve,openat,connect', '--deny', 'connect:ENETUNREACH']
const command = ['bash', '-c', 'cat /etc/hostname; exec 3<>/dev/tcp/192.0.2.1/80']
const columns = 150

await setUp()
const folder = mkdtempSync(join(tmpdir(), 'syscope-picture-'))
const cli = join(root, 'dist/src/cli/bin.js')
spawnSync(process.execPath, [cli, ...options, ...command], { cwd: folder, stdio: 'ignore' })
const log = readFileSync(join(folder, 'log'), 'utf8')
rmSync(folder, { recursive: true })
const quote = (word) => (/^[\w,=:%./-]+$/u.test(word) ? word : `'${word}'`)
const prompt = `$ npx syscope ${[...options, ...command].map((word) => quote(word)).join(' ')}`
// The loader's searches are of no interest here.
const shown = log.split('\n').filter((line) => line !== '' && !/\.so|locale|gconv|nsswitch/u.test(line))
const lines = [prompt, '$ cat log', ...shown].flatMap((line) => line.match(new RegExp(`.{1,${columns}}`, 'gu')) ?? [])

const story = readFileSync(join(root, 'docs/stories/no-network.md'), 'utf8')
const [, failure = ''] = /```console\n(.*?)```/su.exec(story) ?? []

draw('docs/picture.svg', 'A run of syscope on the command line', lines, columns)
draw(
  'docs/failure.svg',
  'A test that fails, with the calls that speak against it',
  ['$ node --test no-network.test.mjs', '✖ the suite makes no use of the network, nor does what it starts', ''].concat(
    failure.trimEnd().split('\n'),
  ),
  160,
)

/** A terminal with these lines. */
function draw(file, label, lines, columns) {
  const [charWidth, lineHeight, margin] = [7.8, 18, 16]
  const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  const rows = lines.map(
    (line, at) =>
      `<text xml:space="preserve" x="${margin}" y="${margin + 14 + at * lineHeight}" fill="${colourOf(line)}">${escape(line)}</text>`,
  )
  const width = Math.ceil(columns * charWidth + margin * 2)
  const height = lines.length * lineHeight + margin * 2
  writeFileSync(
    join(root, file),
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${rows.join('\n')}
</svg>
`,
  )
}

function colourOf(line) {
  if (line.startsWith('$')) return '#e6edf3'
  if (line.startsWith('✖') || line.includes('INJECTED')) return '#ff7b72'
  if (/ (\+\+\+|---) |^(\+\+\+|---)|^syscope:/u.test(line)) return '#8b949e'
  if (/^\S|^ {2}\S/u.test(line) && !line.includes(' = ')) return '#e6edf3'
  return line.includes('= -1 ') ? '#d29922' : '#a5d6ff'
}
