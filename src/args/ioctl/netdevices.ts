/** What ioctl(2) takes of sockets: network interfaces, and a few numbers. */

import { IFF } from '../../table/constants/devices.ts'
import { ARPHRD } from '../../table/constants/net.ts'
import { answered, asMembers } from '../answered.ts'
import type { Cell, Kind, Style } from '../arg.ts'
import { holds, isNull, PointeeCell, pointerText, unread } from '../cells.ts'
import { fixedText } from '../fixed.ts'
import { flags, oneOf } from '../flags.ts'
import { hardwareText, networkText, rawBytes } from '../net/inet.ts'
import { ifindex } from '../net/interfaces.ts'
import { hex32 } from '../numbers.ts'
import { elementsOf, pointerTo, printArray, resultIn, type Behind } from '../pointer.ts'
import { quoteBytes } from '../quote.ts'
import { address, byte, hex, hexUshort, int, type Scalar } from '../scalar.ts'
import { socketAddress, type SocketAddress } from '../net/sockaddr.ts'
import { field, struct, type Struct } from '../struct.ts'

const SIZE = 40
const NAME = 16
const name = field(0, fixedText(NAME))
const named = struct(SIZE, { ifr_name: name })
const internet = field(NAME, socketAddress(NAME))

/** Bytes of the hardware addresses of some kinds of interfaces; those of others take all there is room for. */
const HARDWARE_SIZE: { readonly [Name in keyof typeof ARPHRD.values]?: number } = {
  ARPHRD_NETROM: 7,
  ARPHRD_ETHER: 6,
  ARPHRD_AX25: 7,
  ARPHRD_IEEE802: 6,
  ARPHRD_ARCNET: 1,
  ARPHRD_DLCI: 2,
  ARPHRD_EUI64: 8,
  ARPHRD_SLIP: 0,
  ARPHRD_ROSE: 5,
  ARPHRD_X25: 0,
  ARPHRD_CAN: 0,
  ARPHRD_MCTP: 1,
  ARPHRD_PPP: 0,
  ARPHRD_RAWHDLC: 0,
  ARPHRD_TUNNEL: 4,
  ARPHRD_LOOPBACK: 6,
  ARPHRD_LOCALTLK: 1,
  ARPHRD_FDDI: 6,
  ARPHRD_SIT: 4,
  ARPHRD_IPDDP: 0,
  ARPHRD_IPGRE: 4,
  ARPHRD_PIMREG: 0,
  ARPHRD_HIPPI: 6,
  ARPHRD_IRDA: 4,
  ARPHRD_IEEE80211: 6,
  ARPHRD_IEEE80211_PRISM: 6,
  ARPHRD_IEEE80211_RADIOTAP: 6,
  ARPHRD_IEEE802154: 8,
  ARPHRD_IEEE802154_MONITOR: 8,
  ARPHRD_PHONET: 1,
  ARPHRD_PHONET_PIPE: 1,
  ARPHRD_CAIF: 0,
  ARPHRD_NETLINK: 0,
  ARPHRD_6LOWPAN: 8,
  ARPHRD_VSOCKMON: 0,
}
const ROOM = 14
const type = oneOf(ARPHRD, 2)

function sizeAt(cell: Cell): number {
  const found = type.read?.(cell.sibling('sa_family')) ?? '0x0'
  return (found.startsWith('0x') ? undefined : HARDWARE_SIZE[found as keyof typeof HARDWARE_SIZE]) ?? ROOM
}

const hardwareBytes: Struct<string> = {
  kind: 'hardwareAddress',
  size: ROOM,
  read: (cell) => hardwareText(rawBytes(cell, sizeAt(cell))),
  print: (cell, style) => networkText(hardwareText(rawBytes(cell, sizeAt(cell))), rawBytes(cell, ROOM), style),
}
const hardware = field(NAME, struct(16, { sa_family: field(0, type), sa_data: field(2, hardwareBytes) }))

const hexByte: Scalar<number> = { ...byte, print: ({ view, at }) => hex32(view.getUint8(at)) }

/** struct ifmap */
const map = field(
  NAME,
  struct(24, {
    mem_start: field(0, hex),
    mem_end: field(8, hex),
    base_addr: field(16, hexUshort),
    irq: field(18, hexByte),
    dma: field(19, hexByte),
    port: field(20, hexByte),
  }),
)

type Fields = Parameters<typeof struct>[1]

/** struct ifreq that goes in. */
function given<const F extends Fields>(fields: F) {
  return pointerTo(struct(SIZE, { ifr_name: name, ...fields }))
}

/** struct ifreq of which only the name goes in. */
function asked<const F extends Fields>(fields: F) {
  return answered(named, struct(SIZE, fields), asMembers)
}

const number = field(NAME, int)
const flagged = { ifr_flags: field(NAME, flags(IFF, 2)) }
const text = field(NAME, fixedText(NAME))
const bridged = pointerTo(struct(SIZE, { ifr_ifindex: field(NAME, ifindex) }))

/** Unlike the names in structs it is shown whole where it does not end. */
const bridge: Struct<string> = {
  ...fixedText(NAME),
  print: (cell, style) => {
    const bytes = rawBytes(cell, NAME)
    const end = bytes.indexOf(0)
    return quoteBytes(end < 0 ? bytes : bytes.subarray(0, end), style.hexStrings) + (end < 0 ? '...' : '')
  },
}

const configuration = struct(SIZE, { ifr_name: name, ifr_addr: internet })
const ELEMENTS = 1024
const CONF = 16

/** struct ifconf */
export interface Configuration {
  readonly ifc_len: number
  /** `undefined` before the call. */
  readonly ifc_buf: Behind<readonly { readonly ifr_name: string; readonly ifr_addr: SocketAddress }[]> | undefined
}

function lengthText(length: number): string {
  const count = Math.floor((length >>> 0) / SIZE)
  return length > 0 && count * SIZE === length ? `${length} /* ${count} * sizeof(struct ifreq) */` : String(length)
}

/** The interfaces that have addresses; without a buffer, how much room they take. */
const interfaces: Kind<Behind<Configuration>, Behind<Configuration>, never> = {
  kind: 'interfaces',
  entry: { copy: 'bytes', length: CONF },
  exit: {
    copy: 'bytes',
    length: CONF,
    fields: [
      { key: 0, at: 8, then: { copy: 'bytes', length: { field: 0, width: 4, signed: true }, limit: ELEMENTS * SIZE } },
    ],
  },
  late: (cell) => holds(cell.captured('entry'), CONF),
  read: (cell) => readConfiguration(cell, 'entry'),
  readOut: (cell) => readConfiguration(cell, 'exit'),
  print: (cell, style) => {
    const [before, after] = [cell.captured('entry'), cell.captured('exit')]
    if (!holds(before, CONF)) return pointerText(cell)
    const buffer = new PointeeCell(cell, before, 8)
    const room = before.view.getInt32(before.at, true)
    const length = holds(after, CONF) ? after.view.getInt32(after.at, true) : room
    const start = isNull(buffer) ? lengthText(length) : lengthText(room)
    const change = isNull(buffer) || length === room ? '' : ` => ${lengthText(length)}`
    const shown =
      isNull(buffer) || !cell.call.ok || !holds(after, CONF)
        ? pointerText(buffer)
        : listText(cell, after, length, style)
    return `{ifc_len=${start}${change}, ifc_buf=${shown}}`
  },
}

/** The pointer to the buffer, with what is in it. */
class BufferCell extends PointeeCell {
  override captured(): ReturnType<Cell['captured']> {
    return this.children[0]
  }
}

function listText(cell: Cell, after: NonNullable<ReturnType<Cell['captured']>>, length: number, style: Style): string {
  return printArray(configuration, new BufferCell(cell, after, 8), 'exit', Math.floor(length / SIZE), style)
}

function readConfiguration(cell: Cell, phase: 'entry' | 'exit'): Behind<Configuration> {
  if (isNull(cell)) return null
  const captured = cell.captured(phase)
  if (!holds(captured, CONF)) return unread(cell, captured)
  const length = captured.view.getInt32(captured.at, true)
  const buffer = new BufferCell(cell, captured, 8)
  if (phase === 'entry' || isNull(buffer)) return { ifc_len: length, ifc_buf: isNull(buffer) ? null : undefined }
  const list = buffer.captured()
  if (!holds(list, 0)) return { ifc_len: length, ifc_buf: unread(buffer, list) }
  const count = Math.floor(length / SIZE)
  return {
    ifc_len: length,
    ifc_buf: elementsOf(configuration, buffer, list, count).flatMap((one) => configuration.read?.(one) ?? []),
  }
}

export const NETWORK = {
  SIOCGIFCONF: interfaces,
  SIOCBRADDBR: pointerTo(bridge),
  SIOCBRDELBR: pointerTo(bridge),
  SIOCBRADDIF: bridged,
  SIOCBRDELIF: bridged,
  FIOGETOWN: resultIn(int),
  SIOCATMARK: resultIn(int),
  SIOCGIFENCAP: resultIn(int),
  SIOCGPGRP: resultIn(int),
  SIOCOUTQNSD: resultIn(int),
  FIOSETOWN: pointerTo(int),
  SIOCSIFENCAP: pointerTo(int),
  SIOCSPGRP: pointerTo(int),
  SIOCSIFADDR: given({ ifr_addr: internet }),
  SIOCGIFADDR: asked({ ifr_addr: internet }),
  SIOCSIFDSTADDR: given({ ifr_dstaddr: internet }),
  SIOCGIFDSTADDR: asked({ ifr_dstaddr: internet }),
  SIOCSIFBRDADDR: given({ ifr_broadaddr: internet }),
  SIOCGIFBRDADDR: asked({ ifr_broadaddr: internet }),
  SIOCSIFNETMASK: given({ ifr_netmask: internet }),
  SIOCGIFNETMASK: asked({ ifr_netmask: internet }),
  SIOCADDMULTI: given({ ifr_hwaddr: hardware }),
  SIOCDELMULTI: given({ ifr_hwaddr: hardware }),
  SIOCSIFHWADDR: given({ ifr_hwaddr: hardware }),
  SIOCSIFHWBROADCAST: given({ ifr_hwaddr: hardware }),
  SIOCGIFHWADDR: asked({ ifr_hwaddr: hardware }),
  SIOCSIFFLAGS: given(flagged),
  SIOCGIFFLAGS: asked(flagged),
  SIOCGIFINDEX: asked({ ifr_ifindex: number }),
  SIOCSIFMETRIC: given({ ifr_metric: number }),
  SIOCGIFMETRIC: asked({ ifr_metric: number }),
  SIOCSIFMTU: given({ ifr_mtu: number }),
  SIOCGIFMTU: asked({ ifr_mtu: number }),
  SIOCSIFSLAVE: given({ ifr_slave: text }),
  SIOCGIFSLAVE: asked({ ifr_slave: text }),
  SIOCSIFNAME: given({ ifr_newname: text }),
  SIOCGIFNAME: answered(struct(SIZE, { ifr_ifindex: number }), named, asMembers),
  SIOCSIFTXQLEN: given({ ifr_qlen: number }),
  SIOCGIFTXQLEN: asked({ ifr_qlen: number }),
  SIOCSIFMAP: given({ ifr_map: map }),
  SIOCGIFMAP: asked({ ifr_map: map }),
  SIOCETHTOOL: address,
  SIOCGARP: address,
  SIOCSARP: address,
  SIOCDARP: address,
  SIOCADDRT: address,
  SIOCDELRT: address,
  SIOCGIFVLAN: address,
  SIOCSIFVLAN: address,
  SIOCGSTAMP_OLD: address,
  SIOCGSTAMPNS_OLD: address,
  SIOCGSTAMP_NEW: address,
  SIOCGSTAMPNS_NEW: address,
  SIOCGIFCOUNT: address,
  SIOCGIFBR: address,
  SIOCSIFBR: address,
  SIOCGMIIPHY: address,
  SIOCGMIIREG: address,
  SIOCSMIIREG: address,
  SIOCGSKNS: address,
  SIOCSHWTSTAMP: address,
  SIOCGHWTSTAMP: address,
  SIOCADDDLCI: address,
  SIOCBONDCHANGEACTIVE: address,
  SIOCBONDENSLAVE: address,
  SIOCBONDINFOQUERY: address,
  SIOCBONDRELEASE: address,
  SIOCBONDSETHWADDR: address,
  SIOCBONDSLAVEINFOQUERY: address,
  SIOCDELDLCI: address,
  SIOCDIFADDR: address,
  SIOCDRARP: address,
  SIOCGIFMEM: address,
  SIOCGIFPFLAGS: address,
  SIOCGRARP: address,
  SIOCRTMSG: address,
  SIOCSIFLINK: address,
  SIOCSIFMEM: address,
  SIOCSIFPFLAGS: address,
  SIOCSRARP: address,
  SIOCWANDEV: address,
} as const
