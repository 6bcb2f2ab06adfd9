/** System calls: ipc. */

import { path } from '../args/path.ts'
import { decimal } from '../args/returns.ts'
import { fd, mode, size } from '../args/scalar.ts'
import { todo } from '../args/switch.ts'
import { syscall } from './syscall.ts'

export const ipc = {
  shmget: syscall(29, ['ipc'], decimal, { key: todo, size, shmflg: todo }),
  shmat: syscall(30, ['ipc', 'memory'], decimal, { shmid: todo, shmaddr: todo, shmflg: todo }),
  shmctl: syscall(31, ['ipc'], decimal, { shmid: todo, op: todo, buf: todo }),
  semget: syscall(64, ['ipc'], decimal, { key: todo, nsems: todo, semflg: todo }),
  semop: syscall(65, ['ipc'], decimal, { semid: todo, sops: todo, nsops: todo }),
  semctl: syscall(66, ['ipc'], decimal, { semid: todo, semnum: todo, op: todo, arg: todo }),
  shmdt: syscall(67, ['ipc', 'memory'], decimal, { shmaddr: todo }),
  msgget: syscall(68, ['ipc'], decimal, { key: todo, msgflg: todo }),
  msgsnd: syscall(69, ['ipc'], decimal, { msqid: todo, msgp: todo, msgsz: size, msgflg: todo }),
  msgrcv: syscall(70, ['ipc'], decimal, { msqid: todo, msgp: todo, msgsz: size, msgtyp: todo, msgflg: todo }),
  msgctl: syscall(71, ['ipc'], decimal, { msqid: todo, op: todo, buf: todo }),
  semtimedop: syscall(220, ['ipc'], decimal, { semid: todo, sops: todo, nsops: todo, timeout: todo }),
  mq_open: syscall(240, ['desc'], decimal, { name: todo, flags: todo, mode, attr: todo }),
  mq_unlink: syscall(241, [], decimal, { path }),
  mq_timedsend: syscall(242, ['desc'], decimal, { mqdes: fd, msg_ptr: todo, msg_len: size, msg_prio: todo, abs_timeout: todo }),
  mq_timedreceive: syscall(243, ['desc'], decimal, { mqdes: fd, msg_ptr: todo, msg_len: size, msg_prio: todo, abs_timeout: todo }),
  mq_notify: syscall(244, ['desc'], decimal, { mqdes: fd, sevp: todo }),
  mq_getsetattr: syscall(245, ['desc'], decimal, { mqdes: fd, newattr: todo, oldattr: todo }),
} as const
