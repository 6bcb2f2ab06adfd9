/** The paths of -P. */

import { realpathSync } from 'node:fs'
import { say } from './say.ts'
import type { Settings } from './settings.ts'

/** As strace, which looks for the path that a path leads to as well. */
export function withRealPaths({ paths, quietness, quiet }: Settings): string[] {
  const isQuiet = quietness > 2 || quiet?.has('path-resolution') === true
  return paths.flatMap((path) => {
    const real = realPath(path)
    if (real === path) return [path]
    if (!isQuiet) say(`Requested path "${path}" resolved into "${real}"`)
    return [path, real]
  })
}

function realPath(path: string): string {
  try {
    // Node takes an empty path for the working directory, realpath(3) does not.
    return path === '' ? path : realpathSync(path)
  } catch {
    return path
  }
}
