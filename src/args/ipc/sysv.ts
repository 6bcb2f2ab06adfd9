/** The structs of shmctl(2), semctl(2) and msgctl(2), and what their operations take. */

import { IPC_VERSION, MSGCTL, SEMCTL, SHMCTL } from '../../table/constants/ipc.ts'
import { lowOf, nameOrHex, prepare, type Constants, type NameIn, type OneOf } from '../flags.ts'
import { key } from './ipc.ts'
import { pointerTo, resultIn } from '../pointer.ts'
import { address, id, int, octal, pid, size, uint, ushort, type Scalar } from '../scalar.ts'
import { field, struct } from '../struct.ts'
import { switchOn } from '../switch.ts'

const { IPC_64 } = IPC_VERSION.values

/** An operation. IPC_64, which old libraries add to say which structs they know, is in text only. */
export function control<const Set extends Constants>(set: Set): Scalar<OneOf<NameIn<Set>>> {
  const ready = prepare(set)
  const operation = (word: number): number => (word & ~IPC_64) >>> 0
  return {
    kind: 'oneOf',
    width: 4,
    read: (cell) => nameOrHex(ready, 0, operation(lowOf(cell, 4))),
    print: (cell, style) => {
      const word = lowOf(cell, 4)
      const version = (word & IPC_64) === 0 ? '' : `${prepare(IPC_VERSION).valueText(IPC_64, style)}|`
      return version + ready.valueText(operation(word), style)
    },
  }
}

const options = { mask: ~IPC_64 >>> 0 } as const

const permissions: Scalar<number> = { ...uint, kind: 'mode', print: (cell) => octal(lowOf(cell, 4)) }
const keyNumber: Scalar<number> = { ...key, print: uint.print }

/** struct ipc64_perm, and the part of it that IPC_SET takes. */
const PERM_SIZE = 48
const changeable = { uid: field(4, id), gid: field(8, id), mode: field(20, permissions) }
const permSet = struct(PERM_SIZE, changeable)
const perm = struct(PERM_SIZE, { ...changeable, key: field(0, keyNumber), cuid: field(12, id), cgid: field(16, id) })

const shmSet = struct(112, { shm_perm: field(0, permSet) })
/** struct shmid64_ds */
const shmStat = struct(112, {
  shm_perm: field(0, perm),
  shm_segsz: field(48, size),
  shm_cpid: field(80, pid),
  shm_lpid: field(84, pid),
  shm_nattch: field(88, size),
  shm_atime: field(56, size),
  shm_dtime: field(64, size),
  shm_ctime: field(72, size),
})
/** struct shminfo64 */
const shmLimits = struct(72, {
  shmmax: field(0, size),
  shmmin: field(8, size),
  shmmni: field(16, size),
  shmseg: field(24, size),
  shmall: field(32, size),
})
/** struct shm_info */
const shmUsage = struct(48, {
  used_ids: field(0, int),
  shm_tot: field(8, size),
  shm_rss: field(16, size),
  shm_swp: field(24, size),
  swap_attempts: field(32, size),
  swap_successes: field(40, size),
})

export const shmBuffer = switchOn(
  'op',
  SHMCTL,
  {
    IPC_SET: pointerTo(shmSet),
    IPC_STAT: resultIn(shmStat),
    SHM_STAT: resultIn(shmStat),
    SHM_STAT_ANY: resultIn(shmStat),
    IPC_INFO: resultIn(shmLimits),
    SHM_INFO: resultIn(shmUsage),
  },
  address,
  options,
)

const semSet = struct(104, { sem_perm: field(0, permSet) })
/** struct semid64_ds */
const semStat = struct(104, {
  sem_perm: field(0, perm),
  sem_otime: field(48, size),
  sem_ctime: field(64, size),
  sem_nsems: field(80, size),
})
/** struct seminfo */
const semLimits = struct(40, {
  semmap: field(0, int),
  semmni: field(4, int),
  semmns: field(8, int),
  semmnu: field(12, int),
  semmsl: field(16, int),
  semopm: field(20, int),
  semume: field(24, int),
  semusz: field(28, int),
  semvmx: field(32, int),
  semaem: field(36, int),
})

/** A number, which strace prints as the address that it could be. */
const semValue: Scalar<number> = { ...int, print: address.print }

/** Arrays stay addresses: nothing in the call says how many semaphores the set has. */
export const semArgument = switchOn(
  'op',
  SEMCTL,
  {
    SETVAL: semValue,
    IPC_SET: pointerTo(semSet),
    IPC_STAT: resultIn(semStat),
    SEM_STAT: resultIn(semStat),
    SEM_STAT_ANY: resultIn(semStat),
    IPC_INFO: resultIn(semLimits),
    SEM_INFO: resultIn(semLimits),
  },
  address,
  options,
)

const qbytes = { msg_qbytes: field(88, size) }
const msgSet = struct(120, { msg_perm: field(0, permSet), ...qbytes })
/** struct msqid64_ds */
const msgStat = struct(120, {
  msg_perm: field(0, perm),
  msg_stime: field(48, size),
  msg_rtime: field(56, size),
  msg_ctime: field(64, size),
  msg_qnum: field(80, size),
  ...qbytes,
  msg_lspid: field(96, int),
  msg_lrpid: field(100, int),
})
/** struct msginfo */
const msgLimits = struct(32, {
  msgpool: field(0, int),
  msgmap: field(4, int),
  msgmax: field(8, int),
  msgmnb: field(12, int),
  msgmni: field(16, int),
  msgssz: field(20, int),
  msgtql: field(24, int),
  msgseg: field(28, ushort),
})

export const msgBuffer = switchOn(
  'op',
  MSGCTL,
  {
    IPC_SET: pointerTo(msgSet),
    IPC_STAT: resultIn(msgStat),
    MSG_STAT: resultIn(msgStat),
    MSG_STAT_ANY: resultIn(msgStat),
    IPC_INFO: resultIn(msgLimits),
    MSG_INFO: resultIn(msgLimits),
  },
  address,
  options,
)
