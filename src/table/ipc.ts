/** System calls of System V IPC and of POSIX message queues. */

import { bytesIn, bytesOut } from '../args/bytes.ts'
import { flags } from '../args/flags.ts'
import { ipcFlags, key, sembuf, shmFlags } from '../args/ipc/ipc.ts'
import { messageIn, messageOut } from '../args/ipc/message.ts'
import { creates, openFlags } from '../args/file/open.ts'
import { path } from '../args/path.ts'
import { arrayOf, pointerTo, resultIn } from '../args/pointer.ts'
import { decimal, hexadecimal, newFd } from '../args/returns.ts'
import { address, fd, hex, int, long, mode, size, uint } from '../args/scalar.ts'
import { sigevent } from '../args/signal/sigevent.ts'
import { field, struct } from '../args/struct.ts'
import { onlyIf } from '../args/switch.ts'
import { control, msgBuffer, semArgument, shmBuffer } from '../args/ipc/sysv.ts'
import { timespec } from '../args/time/time.ts'
import { MQ_ATTR, MSG_IPC, MSGCTL, SEMCTL, SHMAT, SHMCTL } from './constants/ipc.ts'
import { syscall } from './syscall.ts'

const mqLimits = { mq_maxmsg: field(8, long), mq_msgsize: field(16, long), mq_curmsgs: field(24, long) }
const mqAttributes = struct(64, { mq_flags: field(0, flags(MQ_ATTR, 8)), ...mqLimits })
/** The same of a queue that is made, whose flags nobody looks at. */
const newQueueAttributes = struct(64, { mq_flags: field(0, hex), ...mqLimits })

export const ipc = {
  shmget: syscall(29, ['ipc'], decimal, { key, size, shmflg: shmFlags }),
  shmat: syscall(30, ['ipc', 'memory'], hexadecimal, { shmid: int, shmaddr: address, shmflg: flags(SHMAT) }),
  shmctl: syscall(31, ['ipc'], decimal, { shmid: int, op: control(SHMCTL), buf: shmBuffer }),
  semget: syscall(64, ['ipc'], decimal, { key, nsems: int, semflg: ipcFlags }),
  semop: syscall(65, ['ipc'], decimal, { semid: int, sops: arrayOf(sembuf, 'nsops', { width: 4 }), nsops: uint }),
  semctl: syscall(66, ['ipc'], decimal, { semid: int, semnum: int, op: control(SEMCTL), arg: semArgument }),
  shmdt: syscall(67, ['ipc', 'memory'], decimal, { shmaddr: address }),
  msgget: syscall(68, ['ipc'], decimal, { key, msgflg: ipcFlags }),
  msgsnd: syscall(69, ['ipc'], decimal, { msqid: int, msgp: messageIn('msgsz'), msgsz: size, msgflg: flags(MSG_IPC) }),
  msgrcv: syscall(70, ['ipc'], decimal, {
    msqid: int,
    msgp: messageOut('msgsz'),
    msgsz: size,
    msgtyp: long,
    msgflg: flags(MSG_IPC),
  }),
  msgctl: syscall(71, ['ipc'], decimal, { msqid: int, op: control(MSGCTL), buf: msgBuffer }),
  semtimedop: syscall(220, ['ipc'], decimal, {
    semid: int,
    sops: arrayOf(sembuf, 'nsops', { width: 4 }),
    nsops: uint,
    timeout: pointerTo(timespec),
  }),
  mq_open: syscall(240, ['desc'], newFd, {
    name: path,
    flags: openFlags,
    mode: onlyIf('flags', creates, mode),
    attr: onlyIf('flags', creates, pointerTo(newQueueAttributes)),
  }),
  mq_unlink: syscall(241, [], decimal, { path }),
  mq_timedsend: syscall(242, ['desc'], decimal, {
    mqdes: fd,
    msg_ptr: bytesIn('msg_len'),
    msg_len: size,
    msg_prio: uint,
    abs_timeout: pointerTo(timespec),
  }),
  mq_timedreceive: syscall(243, ['desc'], decimal, {
    mqdes: fd,
    msg_ptr: bytesOut('msg_len'),
    msg_len: size,
    msg_prio: resultIn(uint),
    abs_timeout: pointerTo(timespec),
  }),
  mq_notify: syscall(244, ['desc'], decimal, { mqdes: fd, sevp: pointerTo(sigevent) }),
  mq_getsetattr: syscall(245, ['desc'], decimal, {
    mqdes: fd,
    newattr: pointerTo(mqAttributes),
    oldattr: resultIn(mqAttributes),
  }),
} as const
