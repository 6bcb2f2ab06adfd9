/** The name that sethostname(2) and setdomainname(2) set. */

import type { Kind } from '../arg.ts'
import { bytesIn } from '../bytes.ts'
import { pointerText } from '../cells.ts'
import type { Data } from '../data.ts'
import { lengthOf, type Behind } from '../pointer.ts'

/** __NEW_UTS_LEN; the kernel does not look at longer ones. */
const MOST = 64

const name = bytesIn('len', { width: 4 })

export const systemName: Kind<Behind<Data>, never, 'len'> = {
  ...name,
  kind: 'systemName',
  print: (cell, style) => (lengthOf(cell, 'len', 4) > MOST ? pointerText(cell) : name.print(cell, style)),
}
