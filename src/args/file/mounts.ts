/** Mounts by number: mount_setattr(2), listmount(2), statmount(2); and namespaces: listns(2). */

import { MOUNT_ATTR_SET, MS_PROPAGATION } from '../../table/constants/file.ts'
import { NS_TYPE, STATMOUNT_MASK } from '../../table/constants/mount.ts'
import { constantText, flags, highOf, lowOf, oneOf, type Flags, type NameIn, type OneOf } from '../flags.ts'
import { Unread, type Cell, type Kind } from '../arg.ts'
import { hexPair, readU64, type Wide } from '../numbers.ts'
import { lengthOf, printArray, resultsIn, type Behind } from '../pointer.ts'
import { fd, fdText, hex, hexUint, uint, type Scalar } from '../scalar.ts'
import { selfSized, sized } from '../sized.ts'
import { field, struct } from '../struct.ts'

const ALL_ONES = 0xffff_ffff

/** An id of 64 bits, of which all ones have a name. */
function idOr<const Name extends string>(name: Name): Scalar<Wide | Name> {
  const isNamed = (cell: Cell): boolean => lowOf(cell, 8) === ALL_ONES && highOf(cell, 8) === ALL_ONES
  return {
    kind: 'id64',
    width: 8,
    read: (cell) => (isNamed(cell) ? name : readU64(cell.view, cell.at)),
    print: (cell, style) => {
      const number = hexPair(highOf(cell, 8), lowOf(cell, 8))
      return isNamed(cell) ? constantText(name, number, style) : number
    },
  }
}

const MOUNT_ATTR_SIZE = 32

const { MOUNT_ATTR_IDMAP } = MOUNT_ATTR_SET.values
const INT_MAX = 0x7fff_ffff

/** A descriptor where mounts are to be mapped, which takes one of 32 bits in a field of 64. */
const usernsFd: Kind<Wide, never, never> = {
  kind: 'usernsFd',
  entry: { copy: 'fd' },
  read: (cell) => readU64(cell.view, cell.at),
  print: (cell, style) => {
    const isMapped = ['attr_set', 'attr_clr'].some((name) => (lowOf(cell.sibling(name), 4) & MOUNT_ATTR_IDMAP) !== 0)
    const value = readU64(cell.view, cell.at)
    return isMapped && value <= INT_MAX ? fdText(cell, style) : String(value)
  },
}

export interface MountAttr {
  readonly attr_set: Flags<NameIn<typeof MOUNT_ATTR_SET>>
  readonly attr_clr: Flags<NameIn<typeof MOUNT_ATTR_SET>>
  readonly propagation: OneOf<NameIn<typeof MS_PROPAGATION>>
  readonly userns_fd: Wide
}

/** struct mount_attr */
export function mountAttr<const Size extends string>(length: Size): Kind<Behind<MountAttr>, never, Size> {
  const whole = struct(MOUNT_ATTR_SIZE, {
    attr_set: field(0, flags(MOUNT_ATTR_SET, 8)),
    attr_clr: field(8, flags(MOUNT_ATTR_SET, 8)),
    propagation: field(16, oneOf(MS_PROPAGATION, 8)),
    userns_fd: field(24, usernsFd),
  })
  return sized(whole, length, MOUNT_ATTR_SIZE)
}

const REQUEST_SIZE = 32
const FIRST_REQUEST_SIZE = 24
const hasNamespace = (cell: Cell): boolean => lowOf(cell.sibling('size'), 4) >= REQUEST_SIZE

export interface MountRequest<Id, Param> {
  readonly size: number
  readonly mnt_ns_fd: number
  readonly mnt_id: Id
  readonly param: Param
  readonly mnt_ns_id: Wide
}

/** struct mnt_id_req of statmount(2): what is asked for. */
export const statmountRequest: Kind<
  Behind<MountRequest<Wide, Flags<NameIn<typeof STATMOUNT_MASK>>>>,
  never,
  'req'
> = selfSized(
  struct(REQUEST_SIZE, {
    size: field(0, uint),
    mnt_ns_fd: field(4, fd),
    mnt_id: field(8, hex),
    param: field(16, flags(STATMOUNT_MASK, 8)),
    mnt_ns_id: field(24, hex, { when: hasNamespace }),
  }),
  'req',
  FIRST_REQUEST_SIZE,
)

/** The same of listmount(2): after which mount to go on. */
export const listmountRequest: Kind<Behind<MountRequest<Wide | 'LSMT_ROOT', Wide>>, never, 'req'> = selfSized(
  struct(REQUEST_SIZE, {
    size: field(0, uint),
    mnt_ns_fd: field(4, fd),
    mnt_id: field(8, idOr('LSMT_ROOT')),
    param: field(16, hex),
    mnt_ns_id: field(24, hex, { when: hasNamespace }),
  }),
  'req',
  FIRST_REQUEST_SIZE,
)

const isSet = (cell: Cell): boolean => lowOf(cell, 4) !== 0

export interface NamespaceRequest {
  readonly size: number
  readonly spare: number
  readonly ns_id: Wide
  readonly ns_type: Flags<NameIn<typeof NS_TYPE>>
  readonly spare2: number
  readonly user_ns_id: Wide | 'LISTNS_CURRENT_USER'
}

/** struct ns_id_req */
export const listnsRequest: Kind<Behind<NamespaceRequest>, never, 'req'> = selfSized(
  struct(REQUEST_SIZE, {
    size: field(0, uint),
    spare: field(4, hexUint, { when: isSet }),
    ns_id: field(8, hex),
    ns_type: field(16, flags(NS_TYPE)),
    spare2: field(20, hexUint, { when: isSet }),
    user_ns_id: field(24, idOr('LISTNS_CURRENT_USER')),
  }),
  'req',
  REQUEST_SIZE,
)

const listed = resultsIn(hex, 'result')

/** Room for `room` ids, filled with as many as the call returns, and no more than there is room for. */
export function idsOut<const Room extends string>(room: Room): Kind<never, Behind<readonly Wide[]>, Room> {
  const count = (cell: Cell): number => {
    const space = lengthOf(cell, room)
    return space === 0 ? 0 : Math.min(space, lengthOf(cell, 'result'))
  }
  return {
    ...listed,
    readOut: (cell) => {
      const ids = listed.readOut?.(cell) ?? null
      return ids === null || ids instanceof Unread ? ids : ids.slice(0, Math.max(count(cell), 0))
    },
    print: (cell, style) => printArray(hex, cell, 'exit', count(cell), style),
  }
}
