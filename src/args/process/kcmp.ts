/** What kcmp(2) compares: resources of two processes, by number. */

import { KCMP } from '../../table/constants/process.ts'
import { pointerTo } from '../pointer.ts'
import { fdOf, hex, uint } from '../scalar.ts'
import { field, struct } from '../struct.ts'
import { switchOn, unused } from '../switch.ts'

/** Kinds of resources that a process has one of. */
const oneEach = {
  KCMP_VM: unused,
  KCMP_FILES: unused,
  KCMP_FS: unused,
  KCMP_SIGHAND: unused,
  KCMP_IO: unused,
  KCMP_SYSVSEM: unused,
} as const

/** struct kcmp_epoll_slot, with descriptors of the second process. */
const second = fdOf({ pid: 'pid2' })
const epollSlot = struct(12, { efd: field(0, second), tfd: field(4, second), toff: field(8, uint) })

const first = fdOf({ pid: 'pid1' })

export const firstIndex = switchOn('type', KCMP, { ...oneEach, KCMP_FILE: first, KCMP_EPOLL_TFD: first }, hex)

export const secondIndex = switchOn(
  'type',
  KCMP,
  { ...oneEach, KCMP_FILE: second, KCMP_EPOLL_TFD: pointerTo(epollSlot) },
  hex,
)
