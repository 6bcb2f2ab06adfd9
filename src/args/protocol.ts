/** Protocols of packet sockets, which are in network order. */

import { ETH_P } from '../table/constants/net.ts'
import { lowOf, nameOrHex, prepare, type NameIn, type OneOf } from './flags.ts'
import type { Scalar } from './scalar.ts'

const protocols = prepare(ETH_P)

function swapped(value: number): number {
  return ((value & 0xff) << 8) | ((value >>> 8) & 0xff)
}

/** `htons(ETH_P_ALL)` */
export const packetProtocol: Scalar<OneOf<NameIn<typeof ETH_P>>> = {
  kind: 'packetProtocol',
  width: 4,
  read: (cell) => nameOrHex<NameIn<typeof ETH_P>>(protocols, 0, swapped(lowOf(cell, 4))),
  print: (cell, style) => `htons(${protocols.valueText(swapped(lowOf(cell, 4)), style)})`,
}
