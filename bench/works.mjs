// What is traced: loops that are nothing but calls, and programs that people run.
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * @typedef {object} Work
 * @property {string} name
 * @property {readonly string[]} command
 * @property {string} [cwd]
 * @property {string} rare a call that it makes hardly ever, for filtered runs
 * @property {number} [times] how often it is run for one measurement: a suite of tests. Only ways that record calls are
 *   measured then, and with a third of the pairs
 * @property {readonly string[]} [longer] ten times the work, where that can be had: a filtered run is over before its start
 *   would be negligible
 */

/**
 * @param {{ workload: string, folder: string }} places
 * @returns {readonly Work[]}
 */
export function works({ workload, folder }) {
  const loop = (name, kind, count, rare) => ({
    name,
    command: [workload, kind, String(count)],
    longer: [workload, kind, String(10 * count)],
    rare,
  })
  return [
    loop('null call', 'null', 40_000, 'openat'),
    loop('open read fstat close', 'file', 10_000, 'getppid'),
    {
      name: 'git status, 5000 files',
      command: ['git', 'status', '--short'],
      cwd: repository(join(folder, 'repository'), 5000),
      rare: 'socket',
    },
    { name: 'python3 imports', command: ['python3', '-c', 'import json,asyncio,sqlite3'], rare: 'socket' },
    {
      name: '200 processes',
      command: ['sh', '-c', 'i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i+1)); done'],
      rare: 'socket',
    },
    loop('8 threads', 'threads', 10_000, 'getppid'),
    { name: 'node -e 0, ten times', command: [process.execPath, '-e', '0'], rare: 'socket', times: 10 },
  ]
}

/** Where a program is not installed, its rows are skipped. */
export function isThere({ command: [file], cwd }) {
  return spawnSync(file, ['--version'], { stdio: 'ignore', ...(cwd === undefined ? {} : { cwd }) }).error === undefined
}

function repository(directory, files) {
  for (let index = 0; index < files; index++) {
    const parent = join(directory, `d${index % 50}`)
    if (index < 50) mkdirSync(parent, { recursive: true })
    writeFileSync(join(parent, `f${index}`), `${index}\n`)
  }
  const identity = ['-c', 'user.name=bench', '-c', 'user.email=bench@localhost']
  for (const args of [
    ['init', '-q'],
    ['add', '.'],
    [...identity, 'commit', '-q', '-m', 'files'],
  ]) {
    spawnSync('git', args, { cwd: directory, stdio: 'ignore' })
  }
  return directory
}
