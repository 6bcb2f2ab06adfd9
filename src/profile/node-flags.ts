/** The flags of Node's permission model, as the versions of Node have them. */

import { inspect } from 'node:util'
import { invalid } from '../checks.ts'
import type { NodePaths } from './grants.ts'

/** What a program did beside reading and writing files. */
export interface NodeNeeds {
  child: boolean
  worker: boolean
  addons: boolean
  net: boolean
  wasi: boolean
}

/** [major, minor] from which on, in each line of releases that has it; later lines have it too. */
type Since = readonly (readonly [major: number, minor: number])[]

// nodejs.org/api/cli.html, "added in" and "history" of each flag.
const permission: Since = [
  [22, 13],
  [23, 5],
]
const experimental: Since = [[20, 0]]
const addons: Since = [
  [20, 12],
  [21, 6],
]
const wasi: Since = [
  [20, 16],
  [22, 3],
]
const net: Since = [[25, 0]]

export function flagsOf(needs: NodeNeeds, { read, write }: NodePaths, version: string): readonly string[] {
  const node = parseVersion(version)
  if (!has(experimental, node))
    throw invalid(`Node has a permission model from version 20 on, got ${inspect(version)}.`)
  return [
    has(permission, node) ? '--permission' : '--experimental-permission',
    ...read.map((path) => `--allow-fs-read=${path}`),
    ...write.map((path) => `--allow-fs-write=${path}`),
    ...(needs.child ? ['--allow-child-process'] : []),
    ...(needs.worker ? ['--allow-worker'] : []),
    ...(needs.addons && has(addons, node) ? ['--allow-addons'] : []),
    ...(needs.net && has(net, node) ? ['--allow-net'] : []),
    ...(needs.wasi && has(wasi, node) ? ['--allow-wasi'] : []),
  ]
}

type Version = readonly [major: number, minor: number]

function parseVersion(version: unknown): Version {
  const found = typeof version === 'string' ? /^v?(\d+)(?:\.(\d+))?(?:[.-].*)?$/.exec(version) : null
  if (found === null) {
    throw invalid(`Expected the \`nodeVersion\` option to be a version like '22.13.0', got ${inspect(version)}.`)
  }
  // '24' alone means the newest of that line.
  return [Number(found[1]), found[2] === undefined ? Infinity : Number(found[2])]
}

function has(since: Since, [major, minor]: Version): boolean {
  const line = since.find((it) => it[0] === major)
  if (line !== undefined) return minor >= line[1]
  return since.every((it) => major > it[0])
}
