/** What -V prints. */

import { version } from '../../index.ts'
import { program } from './say.ts'

export function versionText(): string {
  return `${program} -- version ${version}, Node.js ${process.version}, ${process.platform} ${process.arch}\n`
}
