/** Constants of syslog(2). */

import { prepare, lowOf, oneOf, type Constants, type NameIn, type OneOf } from '../flags.ts'
import type { Scalar } from '../scalar.ts'

/** One constant, its number first: `3 /* SYSLOG_ACTION_READ_ALL *\/`, whatever style is asked for. */
export function numbered<const Set extends Constants>(set: Set): Scalar<OneOf<NameIn<Set>>> {
  return {
    ...oneOf(set),
    width: 4,
    print: (cell) => {
      const name = prepare(set).nameOf(lowOf(cell, 4)) ?? set.fallback
      return `${cell.view.getInt32(cell.at, true)} /* ${name} */`
    },
  }
}
