/** -u: whom the command runs as. */

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { ValueError } from './values.ts'

export interface User {
  readonly uid: number
  readonly gid: number
  readonly groups?: readonly number[]
}

/** The ids of `UID:GID`, or of a user by name. */
export function readUser(user: string): User {
  if (process.getuid?.() !== 0 || process.geteuid?.() !== 0) {
    throw new ValueError('You must be root to use the -u/--user option')
  }
  if (user.includes(':')) return readPair(user)
  const entry = entryOf(user)
  if (entry === undefined) throw new ValueError(`Cannot find user '${user}'`)
  const [, , uid, gid] = entry.split(':')
  return { uid: Number(uid), gid: Number(gid), groups: [...new Set([Number(gid), ...groupsOf(user)])] }
}

function readPair(pair: string): User {
  const [, uid, gid] = /^(\d+):(\d+)$/.exec(pair) ?? []
  // The last number means "as it was" to the kernel.
  const isRight = [uid, gid].every((id) => id !== undefined && Number(id) < 2 ** 32 - 1)
  if (!isRight) throw new ValueError(`Invalid UID:GID pair '${pair}'`)
  return { uid: Number(uid), gid: Number(gid) }
}

/** A line as in passwd(5). Users that are elsewhere than in the file are known to getent(1). */
function entryOf(user: string): string | undefined {
  const isUsers = (line: string): boolean => line.startsWith(`${user}:`)
  return linesOf('/etc/passwd').find(isUsers) ?? linesOfGetent('passwd', user).find(isUsers)
}

/** The groups that group(5) names the user as a member of, as initgroups(3) finds them, or what getent(1) knows. */
function groupsOf(user: string): readonly number[] {
  const found = linesOf('/etc/group')
    .map((line) => line.split(':'))
    .filter(([, , , members]) => members?.split(',').includes(user) === true)
    .map(([, , gid]) => gid)
  // `user 4 24 27`
  const known =
    found.length > 0 ? found : linesOfGetent('initgroups', user).flatMap((line) => line.split(/\s+/).slice(1))
  return known.filter((gid) => gid !== undefined && /^\d+$/.test(gid)).map(Number)
}

function linesOf(path: string): readonly string[] {
  try {
    return readFileSync(path, 'utf8').split('\n')
  } catch {
    // getent may know more.
    return []
  }
}

function linesOfGetent(database: 'passwd' | 'initgroups', user: string): readonly string[] {
  // Null where there is no getent, whatever the types say.
  const { stdout }: { readonly stdout: string | null } = spawnSync('getent', [database, '--', user], {
    encoding: 'utf8',
  })
  return stdout?.split('\n') ?? []
}
