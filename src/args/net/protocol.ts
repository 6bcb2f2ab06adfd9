/** Protocols of sockets that are not plain constants. */

import { AX25_P, ETH_P } from '../../table/constants/net.ts'
import { lowOf, nameOrHex, oneOf, prepare, type NameIn, type OneOf } from '../flags.ts'
import type { Scalar } from '../scalar.ts'

const protocols = prepare(ETH_P)

function swapped(value: number): number {
  return ((value & 0xff) << 8) | ((value >>> 8) & 0xff)
}

/** In network order: `htons(ETH_P_ALL)`. */
export const packetProtocol: Scalar<OneOf<NameIn<typeof ETH_P>>> = {
  kind: 'packetProtocol',
  width: 4,
  read: (cell) => nameOrHex<NameIn<typeof ETH_P>>(protocols, 0, swapped(lowOf(cell, 4))),
  print: (cell, style) => `htons(${protocols.valueText(swapped(lowOf(cell, 4)), style)})`,
}

const ax25 = oneOf(AX25_P)

/** Its names are in no public header, so strace shows the number too. */
export const ax25Protocol: typeof ax25 = {
  ...ax25,
  print: (cell, style) => ax25.print(cell, style.constants === 'abbrev' ? { ...style, constants: 'verbose' } : style),
}
