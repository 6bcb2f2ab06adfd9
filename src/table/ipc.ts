/** System calls of System V IPC and of POSIX message queues. */

import { bytesIn, bytesOut } from '../args/bytes.ts'
import { flags, oneOf } from '../args/flags.ts'
import { ipcFlags, key, sembuf, shmFlags } from '../args/ipc.ts'
import { creates, openFlags } from '../args/open.ts'
import { path } from '../args/path.ts'
import { arrayOf, atExit, pointerTo, resultIn } from '../args/pointer.ts'
import { decimal, hexadecimal, newFd } from '../args/returns.ts'
import { address, fd, int, long, mode, size, uint } from '../args/scalar.ts'
import { field, struct } from '../args/struct.ts'
import { onlyIf, todo } from '../args/switch.ts'
import { timespec } from '../args/time.ts'
import { O } from './constants/file.ts'
import { MSG_IPC, MSGCTL, SEMCTL, SHMAT, SHMCTL } from './constants/ipc.ts'
import { syscall } from './syscall.ts'

const mqAttributes = struct(64, {
  mq_flags: field(0, flags(O, 8)),
  mq_maxmsg: field(8, long),
  mq_msgsize: field(16, long),
  mq_curmsgs: field(24, long),
})

export const ipc = {
  shmget: syscall(29, ['ipc'], decimal, { key, size, shmflg: shmFlags }),
  shmat: syscall(30, ['ipc', 'memory'], hexadecimal, { shmid: int, shmaddr: address, shmflg: flags(SHMAT) }),
  shmctl: syscall(31, ['ipc'], decimal, { shmid: int, op: oneOf(SHMCTL), buf: todo }),
  semget: syscall(64, ['ipc'], decimal, { key, nsems: int, semflg: ipcFlags }),
  semop: syscall(65, ['ipc'], decimal, { semid: int, sops: arrayOf(sembuf, 'nsops', { width: 4 }), nsops: uint }),
  semctl: syscall(66, ['ipc'], decimal, { semid: int, semnum: int, op: oneOf(SEMCTL), arg: todo }),
  shmdt: syscall(67, ['ipc', 'memory'], decimal, { shmaddr: address }),
  msgget: syscall(68, ['ipc'], decimal, { key, msgflg: ipcFlags }),
  msgsnd: syscall(69, ['ipc'], decimal, { msqid: int, msgp: todo, msgsz: size, msgflg: flags(MSG_IPC) }),
  msgrcv: syscall(70, ['ipc'], decimal, { msqid: int, msgp: todo, msgsz: size, msgtyp: long, msgflg: flags(MSG_IPC) }),
  msgctl: syscall(71, ['ipc'], decimal, { msqid: int, op: oneOf(MSGCTL), buf: todo }),
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
    attr: onlyIf('flags', creates, pointerTo(mqAttributes)),
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
    abs_timeout: atExit(pointerTo(timespec)),
  }),
  mq_notify: syscall(244, ['desc'], decimal, { mqdes: fd, sevp: todo }),
  mq_getsetattr: syscall(245, ['desc'], decimal, {
    mqdes: fd,
    newattr: pointerTo(mqAttributes),
    oldattr: resultIn(mqAttributes),
  }),
} as const
