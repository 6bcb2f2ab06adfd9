/** System V IPC and POSIX message queues. What cases make lies in a namespace that ends with them. */

import { O } from '../../src/table/constants/file.ts'
import { IPC, IPC_VERSION, MSG_IPC, MSGCTL, SEM, SEMCTL, SHM, SHMAT, SHMCTL } from '../../src/table/constants/ipc.ts'
import { UNSHARE } from '../../src/table/constants/process.ts'
import { SIGEV } from '../../src/table/constants/signal.ts'
import { SIGNALS } from '../../src/table/constants/signals.ts'
import { family } from './check.ts'
import { block, bytes, result, room, string, u16, u32, u64, zeros, type Call } from './script.ts'

const PRIVATE = 0
/** Nobody has it. */
const KEY = 0x7e57_ab1e
const NO_ID = 0x7fff_ffff
const { IPC_CREAT, IPC_EXCL, IPC_NOWAIT } = IPC.values

/** The results of these are what cases go on with: 0, the first in its namespace. */
const isolated: Call = ['unshare', UNSHARE.values.CLONE_NEWIPC]
const segment: readonly Call[] = [isolated, ['shmget', PRIVATE, 8192, 0o640]]
const semaphores: readonly Call[] = [isolated, ['semget', PRIVATE, 3, 0o640]]
const messages: readonly Call[] = [isolated, ['msgget', PRIVATE, 0o640]]
const send: Call = ['msgsnd', result(1), block([u64(7), bytes('hello')]), 5, 0]
const queue: readonly Call[] = [
  isolated,
  ['mq_open', string('q'), O.values.O_CREAT | 2, 0o600, block([u64(0), u64(4), u64(32), zeros(40)])],
]

/** struct ipc64_perm of what is to be set. */
const newPerm = [zeros(4), u32(0), u32(-1), zeros(8), u32(0o604), zeros(24)]
const isPositive = (value: unknown): boolean => typeof value === 'number' && value > 0
const perm = { uid: 0, gid: 0, mode: 0o640, key: 0, cuid: 0, cgid: 0 }
const permText = '{uid=0, gid=0, mode=0640, key=0, cuid=0, cgid=0}'
const shmStat = {
  shm_perm: perm,
  shm_segsz: 8192,
  shm_cpid: isPositive,
  shm_lpid: 0,
  shm_nattch: 0,
  shm_atime: 0,
  shm_dtime: 0,
  shm_ctime: isPositive,
}
const shmStatText = `{shm_perm=${permText}, shm_segsz=8192, shm_cpid=…, shm_lpid=0, shm_nattch=0, shm_atime=0, shm_dtime=0, shm_ctime=…}`
const semStat = { sem_perm: perm, sem_otime: 0, sem_ctime: isPositive, sem_nsems: 3 }
const semStatText = `{sem_perm=${permText}, sem_otime=0, sem_ctime=…, sem_nsems=3}`
const msgStat = {
  msg_perm: perm,
  msg_stime: isPositive,
  msg_rtime: 0,
  msg_ctime: isPositive,
  msg_qnum: 1,
  msg_qbytes: 16384,
  msg_lspid: isPositive,
  msg_lrpid: 0,
}
const msgStatText = `{msg_perm=${permText}, msg_stime=…, msg_rtime=0, msg_ctime=…, msg_qnum=1, msg_qbytes=16384, msg_lspid=…, msg_lrpid=0}`

export const ipc = family(
  {},
  {
    call: ['shmget', PRIVATE, 4096, IPC_CREAT | IPC_EXCL | SHM.values.SHM_NORESERVE | 0o600],
    before: [isolated],
    needs: 'root',
    args: {
      key: 0,
      size: 4096,
      shmflg: ['IPC_CREAT', 'IPC_EXCL', 'SHM_NORESERVE'],
    },
    returned: 0,
    text: 'shmget(IPC_PRIVATE, 4096, IPC_CREAT|IPC_EXCL|SHM_NORESERVE|0600) = 0',
  },
  {
    call: ['shmget', KEY, 1, 0],
    args: { key: KEY, size: 1 },
    error: 'ENOENT',
    text: 'shmget(0x7e57ab1e, 1, 000) = -1 ENOENT (No such file or directory)',
  },
  {
    call: ['shmget', PRIVATE, 0, (21 << 26) | SHM.values.SHM_HUGETLB | 0o600],
    args: { key: PRIVATE, size: 0, shmflg: ['SHM_HUGETLB'] },
    error: 'EINVAL',
    text: 'shmget(IPC_PRIVATE, 0, SHM_HUGETLB|21<<SHM_HUGE_SHIFT|0600) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['shmat', result(1), 0, SHMAT.values.SHM_RDONLY | SHMAT.values.SHM_RND],
    before: segment,
    needs: 'root',
    args: { shmid: 0, shmaddr: 0n, shmflg: ['SHM_RDONLY', 'SHM_RND'] },
    text: 'shmat(0, NULL, SHM_RDONLY|SHM_RND) = 0x…',
  },
  {
    call: ['shmat', NO_ID, 0x1001, SHMAT.values.SHM_REMAP],
    args: { shmid: NO_ID, shmaddr: 0x1001n, shmflg: ['SHM_REMAP'] },
    error: 'EINVAL',
    text: 'shmat(2147483647, 0x1001, SHM_REMAP) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['shmdt', result(2)],
    before: [...segment, ['shmat', result(1), 0, 0]],
    needs: 'root',
    args: { shmaddr: (value: unknown) => typeof value === 'bigint' && value > 0n },
    returned: 0,
    text: 'shmdt(0x…) = 0',
  },
  {
    call: ['shmdt', 0x1000],
    args: { shmaddr: 0x1000n },
    error: 'EINVAL',
    text: 'shmdt(0x1000) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['shmctl', result(1), SHMCTL.values.IPC_STAT, room(112)],
    before: segment,
    needs: 'root',
    args: { shmid: 0, op: 'IPC_STAT' },
    out: { buf: shmStat },
    returned: 0,
    text: `shmctl(0, IPC_STAT, ${shmStatText}) = 0`,
  },
  {
    call: ['shmctl', 0, SHMCTL.values.SHM_STAT, room(112)],
    before: segment,
    needs: 'root',
    args: { op: 'SHM_STAT' },
    out: { buf: shmStat },
    text: `shmctl(0, SHM_STAT, ${shmStatText}) = 0`,
  },
  {
    call: ['shmctl', 0, SHMCTL.values.SHM_STAT_ANY, room(112)],
    before: segment,
    needs: 'root',
    args: { op: 'SHM_STAT_ANY' },
    out: { buf: shmStat },
    text: `shmctl(0, SHM_STAT_ANY, ${shmStatText}) = 0`,
  },
  {
    call: ['shmctl', result(1), SHMCTL.values.IPC_SET, block([...newPerm, zeros(64)])],
    before: segment,
    needs: 'root',
    args: { op: 'IPC_SET', buf: { shm_perm: { uid: 0, gid: -1, mode: 0o604 } } },
    error: 'EINVAL',
    text: 'shmctl(0, IPC_SET, {shm_perm={uid=0, gid=-1, mode=0604}}) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['shmctl', result(1), SHMCTL.values.IPC_SET, block([zeros(20), u32(0o604), zeros(88)])],
    before: segment,
    needs: 'root',
    args: { shmid: 0, op: 'IPC_SET', buf: { shm_perm: { uid: 0, gid: 0, mode: 0o604 } } },
    returned: 0,
    text: 'shmctl(0, IPC_SET, {shm_perm={uid=0, gid=0, mode=0604}}) = 0',
  },
  {
    call: ['shmctl', 0, SHMCTL.values.IPC_INFO, room(72)],
    before: [isolated],
    needs: 'root',
    args: { op: 'IPC_INFO' },
    out: {
      buf: {
        shmmax: 18446744073692774399n,
        shmmin: 1,
        shmmni: 4096,
        shmseg: 4096,
        shmall: 18446744073692774399n,
      },
    },
    text: 'shmctl(0, IPC_INFO, {shmmax=18446744073692774399, shmmin=1, shmmni=4096, shmseg=4096, shmall=18446744073692774399}) = 0',
  },
  {
    call: ['shmctl', 0, SHMCTL.values.SHM_INFO, room(48)],
    before: segment,
    needs: 'root',
    args: { op: 'SHM_INFO' },
    out: { buf: { used_ids: 1, shm_tot: 2, shm_rss: 0, shm_swp: 0, swap_attempts: 0, swap_successes: 0 } },
    text: 'shmctl(0, SHM_INFO, {used_ids=1, shm_tot=2, shm_rss=0, shm_swp=0, swap_attempts=0, swap_successes=0}) = 0',
  },
  {
    call: ['shmctl', result(1), SHMCTL.values.SHM_LOCK, 0],
    before: segment,
    needs: 'root',
    args: { op: 'SHM_LOCK', buf: 0n },
    text: 'shmctl(0, SHM_LOCK, NULL) = 0',
  },
  {
    call: ['shmctl', result(1), SHMCTL.values.IPC_RMID, 0],
    before: segment,
    needs: 'root',
    args: { op: 'IPC_RMID', buf: 0n },
    returned: 0,
    text: 'shmctl(0, IPC_RMID, NULL) = 0',
  },
  {
    call: ['shmctl', NO_ID, IPC_VERSION.values.IPC_64 | SHMCTL.values.IPC_STAT, room(112)],
    args: { shmid: NO_ID, op: 'IPC_STAT' },
    error: 'EINVAL',
    text: 'shmctl(2147483647, IPC_64|IPC_STAT, 0x…) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['shmctl', 0, 77, 0x10],
    args: { op: '0x4d', buf: 0x10n },
    error: 'EINVAL',
    text: 'shmctl(0, 0x4d /* SHM_??? */, 0x10) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['semget', PRIVATE, 3, IPC_CREAT | IPC_NOWAIT | 0o600],
    before: [isolated],
    needs: 'root',
    args: { key: 0, nsems: 3, semflg: ['IPC_CREAT', 'IPC_NOWAIT'] },
    returned: 0,
    text: 'semget(IPC_PRIVATE, 3, IPC_CREAT|IPC_NOWAIT|0600) = 0',
  },
  {
    call: ['semget', KEY, -1, 0o7],
    args: { key: KEY, nsems: -1, semflg: [] },
    error: 'EINVAL',
    text: 'semget(0x7e57ab1e, -1, 007) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['semop', result(1), block([u16(0), u16(1), u16(0), u16(2), u16(2), u16(SEM.values.SEM_UNDO)]), 2],
    before: semaphores,
    needs: 'root',
    args: {
      semid: 0,
      sops: [
        { sem_num: 0, sem_op: 1, sem_flg: [] },
        { sem_num: 2, sem_op: 2, sem_flg: ['SEM_UNDO'] },
      ],
      nsops: 2,
    },
    returned: 0,
    text: 'semop(0, [{sem_num=0, sem_op=1, sem_flg=0}, {sem_num=2, sem_op=2, sem_flg=SEM_UNDO}], 2) = 0',
  },
  {
    call: ['semop', result(1), block([u16(1), u16(-1), u16(IPC_NOWAIT)]), 1],
    before: semaphores,
    needs: 'root',
    args: { sops: [{ sem_num: 1, sem_op: -1, sem_flg: ['IPC_NOWAIT'] }] },
    error: 'EAGAIN',
    text: 'semop(0, [{sem_num=1, sem_op=-1, sem_flg=IPC_NOWAIT}], 1) = -1 EAGAIN (Resource temporarily unavailable)',
  },
  {
    call: ['semtimedop', result(1), block([u16(0), u16(1), u16(0)]), 1, block([u64(3), u64(4)])],
    before: semaphores,
    needs: 'root',
    args: {
      semid: 0,
      sops: [{ sem_num: 0, sem_op: 1, sem_flg: [] }],
      nsops: 1,
      timeout: { tv_sec: 3, tv_nsec: 4 },
    },
    returned: 0,
    text: 'semtimedop(0, [{sem_num=0, sem_op=1, sem_flg=0}], 1, {tv_sec=3, tv_nsec=4}) = 0',
  },
  {
    call: ['semtimedop', result(1), block([u16(0), u16(-1), u16(0)]), 1, block([u64(0), u64(1000)])],
    before: semaphores,
    needs: 'root',
    error: 'EAGAIN',
    text: 'semtimedop(0, [{sem_num=0, sem_op=-1, sem_flg=0}], 1, {tv_sec=0, tv_nsec=1000}) = -1 EAGAIN (Resource temporarily unavailable)',
  },
  {
    call: ['semctl', result(1), 1, SEMCTL.values.SETVAL, 40],
    before: semaphores,
    needs: 'root',
    args: { semid: 0, semnum: 1, op: 'SETVAL', arg: 40 },
    returned: 0,
    text: 'semctl(0, 1, SETVAL, 0x28) = 0',
  },
  {
    call: ['semctl', result(1), 1, SEMCTL.values.GETVAL, 0],
    before: [...semaphores, ['semctl', result(1), 1, SEMCTL.values.SETVAL, 40]],
    needs: 'root',
    args: { op: 'GETVAL', arg: 0n },
    returned: 40,
    text: 'semctl(0, 1, GETVAL, NULL) = 40',
  },
  {
    call: ['semctl', result(1), 0, SEMCTL.values.SETALL, block([u16(1), u16(2), u16(3)])],
    before: semaphores,
    needs: 'root',
    args: { op: 'SETALL', arg: (value: unknown) => typeof value === 'bigint' },
    text: 'semctl(0, 0, SETALL, 0x…) = 0',
  },
  {
    call: ['semctl', result(1), 0, SEMCTL.values.IPC_STAT, room(104)],
    before: semaphores,
    needs: 'root',
    args: { op: 'IPC_STAT' },
    out: { arg: semStat },
    text: `semctl(0, 0, IPC_STAT, ${semStatText}) = 0`,
  },
  {
    call: ['semctl', 0, 0, SEMCTL.values.SEM_STAT, room(104)],
    before: semaphores,
    needs: 'root',
    out: { arg: semStat },
    text: `semctl(0, 0, SEM_STAT, ${semStatText}) = 0`,
  },
  {
    call: ['semctl', 0, 0, SEMCTL.values.SEM_STAT_ANY, room(104)],
    before: semaphores,
    needs: 'root',
    out: { arg: semStat },
    text: `semctl(0, 0, SEM_STAT_ANY, ${semStatText}) = 0`,
  },
  {
    call: ['semctl', result(1), 0, SEMCTL.values.IPC_SET, block([zeros(20), u32(0o604), zeros(80)])],
    before: semaphores,
    needs: 'root',
    args: { op: 'IPC_SET', arg: { sem_perm: { uid: 0, gid: 0, mode: 0o604 } } },
    text: 'semctl(0, 0, IPC_SET, {sem_perm={uid=0, gid=0, mode=0604}}) = 0',
  },
  {
    call: ['semctl', 0, 0, SEMCTL.values.IPC_INFO, room(40)],
    before: [isolated],
    needs: 'root',
    out: {
      arg: {
        semmap: 1024000000,
        semmni: 32000,
        semmns: 1024000000,
        semmnu: 1024000000,
        semmsl: 32000,
        semopm: 500,
        semume: 500,
        semusz: 20,
        semvmx: 32767,
        semaem: 32767,
      },
    },
    text: 'semctl(0, 0, IPC_INFO, {semmap=1024000000, semmni=32000, semmns=1024000000, semmnu=1024000000, semmsl=32000, semopm=500, semume=500, semusz=20, semvmx=32767, semaem=32767}) = 0',
  },
  {
    call: ['semctl', 0, 0, SEMCTL.values.SEM_INFO, room(40)],
    before: semaphores,
    needs: 'root',
    out: { arg: { semusz: 1, semaem: 3 } },
    text: 'semctl(0, 0, SEM_INFO, {semmap=…, semusz=1, semvmx=32767, semaem=3}) = 0',
  },
  {
    call: ['semctl', result(1), 0, IPC_VERSION.values.IPC_64 | SEMCTL.values.IPC_SET, block([...newPerm, zeros(56)])],
    before: semaphores,
    needs: 'root',
    args: { op: 'IPC_SET', arg: { sem_perm: { uid: 0, gid: -1, mode: 0o604 } } },
    error: 'EINVAL',
    text: 'semctl(0, 0, 0x100 /* IPC_64 */|0x1 /* IPC_SET */, {sem_perm={uid=0, gid=-1, mode=0604}}) = -1 EINVAL (Invalid argument)',
    style: { constants: 'verbose' },
  },
  {
    call: ['msgget', PRIVATE, IPC_CREAT | 0o600],
    before: [isolated],
    needs: 'root',
    args: { key: 0, msgflg: ['IPC_CREAT'] },
    returned: 0,
    text: 'msgget(IPC_PRIVATE, IPC_CREAT|0600) = 0',
  },
  {
    call: ['msgget', KEY, IPC_EXCL],
    args: { key: KEY, msgflg: ['IPC_EXCL'] },
    error: 'ENOENT',
    text: 'msgget(0x7e57ab1e, IPC_EXCL|000) = -1 ENOENT (No such file or directory)',
  },
  {
    call: ['msgsnd', result(1), block([u64(7), bytes('hello')]), 5, IPC_NOWAIT],
    before: messages,
    needs: 'root',
    args: { msqid: 0, msgp: { mtype: 7, mtext: 'hello' }, msgsz: 5, msgflg: ['IPC_NOWAIT'] },
    returned: 0,
    text: 'msgsnd(0, {mtype=7, mtext="hello"}, 5, IPC_NOWAIT) = 0',
  },
  {
    call: ['msgsnd', result(1), block([u64(7), bytes('x'.repeat(40))]), 40, 0],
    before: messages,
    needs: 'root',
    args: { msgp: { mtype: 7, mtext: 'x'.repeat(40) } },
    text: `msgsnd(0, {mtype=7, mtext="${'x'.repeat(32)}"...}, 40, 0) = 0`,
  },
  {
    call: ['msgsnd', result(1), block([u64(7), zeros(8)]), 0, 0],
    before: messages,
    needs: 'root',
    args: { msgp: { mtype: 7, mtext: '' } },
    text: 'msgsnd(0, {mtype=7, mtext=""}, 0, 0) = 0',
  },
  {
    call: ['msgsnd', NO_ID, block([u64(-3), bytes('refused')]), 7, 0],
    args: { msqid: NO_ID, msgp: { mtype: -3, mtext: 'refused' } },
    error: 'EINVAL',
    text: 'msgsnd(2147483647, {mtype=-3, mtext="refused"}, 7, 0) = -1 EINVAL (Invalid argument)',
  },
  {
    call: ['msgsnd', NO_ID, 0x10, 1, 0],
    args: { msgp: 'EFAULT' },
    error: 'EFAULT',
    text: 'msgsnd(2147483647, 0x10, 1, 0) = -1 EFAULT (Bad address)',
  },
  {
    call: ['msgrcv', result(1), block([zeros(8), bytes('????????')]), 8, -9, MSG_IPC.values.MSG_NOERROR],
    before: [...messages, send],
    needs: 'root',
    args: { msqid: 0, msgsz: 8, msgtyp: -9, msgflg: ['MSG_NOERROR'] },
    out: { msgp: { mtype: 7, mtext: 'hello' } },
    returned: 5,
    text: 'msgrcv(0, {mtype=7, mtext="hello???"}, 8, -9, MSG_NOERROR) = 5',
  },
  {
    call: ['msgrcv', result(1), room(32), 24, 0, MSG_IPC.values.MSG_EXCEPT | MSG_IPC.values.IPC_NOWAIT],
    before: messages,
    needs: 'root',
    args: { msgtyp: 0, msgflg: ['MSG_EXCEPT', 'IPC_NOWAIT'] },
    error: 'ENOMSG',
    text: 'msgrcv(0, 0x…, 24, 0, MSG_EXCEPT|IPC_NOWAIT) = -1 ENOMSG (No message of desired type)',
  },
  {
    call: ['msgctl', result(1), MSGCTL.values.IPC_STAT, room(120)],
    before: [...messages, send],
    needs: 'root',
    args: { msqid: 0, op: 'IPC_STAT' },
    out: { buf: msgStat },
    text: `msgctl(0, IPC_STAT, ${msgStatText}) = 0`,
  },
  {
    call: ['msgctl', 0, MSGCTL.values.MSG_STAT, room(120)],
    before: [...messages, send],
    needs: 'root',
    out: { buf: msgStat },
    text: `msgctl(0, MSG_STAT, ${msgStatText}) = 0`,
  },
  {
    call: ['msgctl', 0, MSGCTL.values.MSG_STAT_ANY, room(120)],
    before: [...messages, send],
    needs: 'root',
    out: { buf: msgStat },
    text: `msgctl(0, MSG_STAT_ANY, ${msgStatText}) = 0`,
  },
  {
    call: ['msgctl', result(1), MSGCTL.values.IPC_SET, block([zeros(20), u32(0o604), zeros(64), u64(4096), zeros(24)])],
    before: messages,
    needs: 'root',
    args: { op: 'IPC_SET', buf: { msg_perm: { uid: 0, gid: 0, mode: 0o604 }, msg_qbytes: 4096 } },
    text: 'msgctl(0, IPC_SET, {msg_perm={uid=0, gid=0, mode=0604}, msg_qbytes=4096}) = 0',
  },
  {
    call: ['msgctl', 0, MSGCTL.values.IPC_INFO, room(32)],
    before: [isolated],
    needs: 'root',
    out: { buf: { msgmax: 8192, msgmnb: 16384, msgmni: 32000, msgssz: 16, msgseg: 0xffff } },
    text: 'msgctl(0, IPC_INFO, {msgpool=…, msgmap=…, msgmax=8192, msgmnb=16384, msgmni=32000, msgssz=16, msgtql=…, msgseg=65535}) = 0',
  },
  {
    call: ['msgctl', 0, MSGCTL.values.MSG_INFO, room(32)],
    before: [...messages, send],
    needs: 'root',
    out: { buf: { msgpool: 1, msgmap: 1, msgtql: 5 } },
    text: 'msgctl(0, MSG_INFO, {msgpool=1, msgmap=1, msgmax=8192, msgmnb=16384, msgmni=32000, msgssz=16, msgtql=5, msgseg=65535}) = 0',
  },
  {
    call: ['msgctl', NO_ID, MSGCTL.values.IPC_RMID, 0],
    args: { msqid: NO_ID, op: 'IPC_RMID', buf: 0n },
    error: 'EINVAL',
    text: 'msgctl(2147483647, IPC_RMID, NULL) = -1 EINVAL (Invalid argument)',
  },
  {
    call: [
      'mq_open',
      string('q'),
      O.values.O_CREAT | O.values.O_EXCL | O.values.O_NONBLOCK | 1,
      0o620,
      block([u64(0x800), u64(4), u64(32), u64(9), zeros(32)]),
    ],
    before: [isolated],
    needs: 'root',
    args: {
      name: 'q',
      flags: ['O_WRONLY', 'O_CREAT', 'O_EXCL', 'O_NONBLOCK'],
      mode: 0o620,
      attr: { mq_flags: 0x800, mq_maxmsg: 4, mq_msgsize: 32, mq_curmsgs: 9 },
    },
    text: 'mq_open("q", O_WRONLY|O_CREAT|O_EXCL|O_NONBLOCK, 0620, {mq_flags=0x800, mq_maxmsg=4, mq_msgsize=32, mq_curmsgs=9}) = …',
  },
  {
    call: ['mq_open', string('syscope-missing'), 0, 0, 0],
    args: { name: 'syscope-missing', flags: ['O_RDONLY'], mode: undefined, attr: undefined },
    error: 'ENOENT',
    text: 'mq_open("syscope-missing", O_RDONLY) = -1 ENOENT (No such file or directory)',
  },
  {
    call: ['mq_unlink', string('q')],
    before: queue,
    needs: 'root',
    args: { path: 'q' },
    returned: 0,
    text: 'mq_unlink("q") = 0',
  },
  {
    call: ['mq_unlink', string('no/such')],
    args: { path: 'no/such' },
    error: 'EACCES',
    text: 'mq_unlink("no/such") = -1 EACCES (Permission denied)',
  },
  {
    call: ['mq_timedsend', result(1), block([bytes('hello')]), 5, 3, block([u64(1), u64(2)])],
    before: queue,
    needs: 'root',
    args: { msg_ptr: 'hello', msg_len: 5, msg_prio: 3, abs_timeout: { tv_sec: 1, tv_nsec: 2 } },
    returned: 0,
    text: 'mq_timedsend(…, "hello", 5, 3, {tv_sec=1, tv_nsec=2}) = 0',
  },
  {
    call: ['mq_timedsend', -1, 0, 0, 0, 0],
    args: { mqdes: -1, msg_ptr: null, msg_len: 0, msg_prio: 0, abs_timeout: null },
    error: 'EBADF',
    text: 'mq_timedsend(-1, NULL, 0, 0, NULL) = -1 EBADF (Bad file descriptor)',
  },
  {
    call: ['mq_timedreceive', result(1), room(32), 32, room(4), 0],
    before: [...queue, ['mq_timedsend', result(1), block([bytes('hello')]), 5, 3, 0]],
    needs: 'root',
    args: { msg_len: 32, abs_timeout: null },
    out: { msg_ptr: 'hello', msg_prio: 3 },
    returned: 5,
    text: 'mq_timedreceive(…, "hello", 32, [3], NULL) = 5',
  },
  {
    call: ['mq_timedreceive', result(1), room(32), 32, 0, block([u64(1), u64(2)])],
    before: queue,
    needs: 'root',
    args: { abs_timeout: { tv_sec: 1, tv_nsec: 2 } },
    error: 'ETIMEDOUT',
    text: 'mq_timedreceive(…, 0x…, 32, NULL, {tv_sec=1, tv_nsec=2}) = -1 ETIMEDOUT (Connection timed out)',
  },
  {
    call: ['mq_notify', result(1), block([u64(5), u32(SIGNALS.SIGUSR1), u32(SIGEV.values.SIGEV_SIGNAL), zeros(48)])],
    before: queue,
    needs: 'root',
    args: {
      sevp: { sigev_value: { sival_int: 5, sival_ptr: 5n }, sigev_signo: 'SIGUSR1', sigev_notify: 'SIGEV_SIGNAL' },
    },
    returned: 0,
    text: 'mq_notify(…, {sigev_value={sival_int=5, sival_ptr=0x5}, sigev_signo=SIGUSR1, sigev_notify=SIGEV_SIGNAL}) = 0',
  },
  {
    call: [
      'mq_notify',
      -1,
      block([u64(0), u32(SIGNALS.SIGBUS), u32(SIGEV.values.SIGEV_THREAD), u64(16), u64(17), zeros(32)]),
    ],
    args: {
      mqdes: -1,
      sevp: {
        sigev_signo: 'SIGBUS',
        sigev_notify: 'SIGEV_THREAD',
        sigev_notify_thread_id: undefined,
        sigev_notify_function: 16n,
        sigev_notify_attributes: 17n,
      },
    },
    error: 'EFAULT',
    text: 'mq_notify(-1, {sigev_signo=SIGBUS, sigev_notify=SIGEV_THREAD, sigev_notify_function=0x10, sigev_notify_attributes=0x11}) = -1 EFAULT (Bad address)',
  },
  {
    call: ['mq_getsetattr', result(1), block([u64(O.values.O_NONBLOCK), zeros(56)]), room(64)],
    before: queue,
    needs: 'root',
    args: { newattr: { mq_flags: ['O_NONBLOCK'], mq_maxmsg: 0, mq_msgsize: 0, mq_curmsgs: 0 } },
    out: { oldattr: { mq_flags: [], mq_maxmsg: 4, mq_msgsize: 32, mq_curmsgs: 0 } },
    returned: 0,
    text: 'mq_getsetattr(…, {mq_flags=O_NONBLOCK, mq_maxmsg=0, mq_msgsize=0, mq_curmsgs=0}, {mq_flags=0, mq_maxmsg=4, mq_msgsize=32, mq_curmsgs=0}) = 0',
  },
  {
    call: ['mq_getsetattr', -1, block([u64(1), zeros(56)]), room(64)],
    args: { mqdes: -1, newattr: { mq_flags: ['0x1'] } },
    error: 'EINVAL',
    text: 'mq_getsetattr(-1, {mq_flags=0x1 /* O_??? */, mq_maxmsg=0, mq_msgsize=0, mq_curmsgs=0}, 0x…) = -1 EINVAL (Invalid argument)',
  },
)
