/** quotactl(2): an operation made of a command and a type, and what goes in or comes back for each command. */

import { DQF, FS_QUOTA, FS_QUOTA_OWNER, IIF, Q, QFMT, QIF, QUOTA_TYPE } from '../../table/constants/quota.ts'
import type { Kind, Style } from '../arg.ts'
import { constantText, flags, lowOf, nameOrHex, oneOf, prepare, type NameIn, type OneOf } from '../flags.ts'
import { path } from '../path.ts'
import { pointerTo, resultIn } from '../pointer.ts'
import { address, hexUshort, id, int, size, uint, ushort, type Scalar } from '../scalar.ts'
import { field, struct } from '../struct.ts'
import { switchOn, unused } from '../switch.ts'

const COMMAND_SHIFT = 8
const COMMAND_MASK = 0xffff_ff00
const TYPE_MASK = 0xff

const commands = prepare(Q)
const types = prepare(QUOTA_TYPE)

/** What to do, and with whose quotas. */
export interface QuotaOperation {
  readonly cmd: OneOf<NameIn<typeof Q>>
  readonly type: OneOf<NameIn<typeof QUOTA_TYPE>>
}

/** `QCMD(Q_GETQUOTA, USRQUOTA)` */
export const quotaOperation: Scalar<QuotaOperation> = {
  kind: 'quotaOperation',
  width: 4,
  read: (cell) => {
    const value = lowOf(cell, 4)
    return { cmd: nameOrHex(commands, 0, value >>> COMMAND_SHIFT), type: nameOrHex(types, 0, value & TYPE_MASK) }
  },
  print: (cell, style) => {
    const value = lowOf(cell, 4)
    if (style.constants === 'raw') return String(value)
    const plain: Style = { ...style, constants: 'abbrev' }
    const command = commands.valueText(value >>> COMMAND_SHIFT, plain)
    const text = `QCMD(${command}, ${types.valueText(value & TYPE_MASK, plain)})`
    return constantText(text, String(value), style)
  },
}

const verbose = { verbose: true } as const

const limits = {
  dqb_bhardlimit: field(0, size),
  dqb_bsoftlimit: field(8, size),
  dqb_curspace: field(16, size),
  dqb_ihardlimit: field(24, size),
  dqb_isoftlimit: field(32, size),
  dqb_curinodes: field(40, size),
  dqb_btime: field(48, size, verbose),
  dqb_itime: field(56, size, verbose),
  dqb_valid: field(64, flags(QIF), verbose),
}

const dqblk = struct(68, limits)
const nextDqblk = struct(72, { ...limits, dqb_id: field(68, uint) })

const dqinfo = struct(24, {
  dqi_bgrace: field(0, size),
  dqi_igrace: field(8, size),
  dqi_flags: field(16, flags(DQF)),
  dqi_valid: field(20, flags(IIF)),
})

const signedByte: Scalar<number> = {
  kind: 'signedByte',
  width: 1,
  read: (cell) => cell.view.getInt8(cell.at),
  print: (cell) => String(cell.view.getInt8(cell.at)),
}

const diskQuota = struct(112, {
  d_version: field(0, signedByte),
  d_flags: field(1, flags(FS_QUOTA_OWNER, 1)),
  d_fieldmask: field(2, hexUshort),
  d_id: field(4, uint),
  d_blk_hardlimit: field(8, size),
  d_blk_softlimit: field(16, size),
  d_ino_hardlimit: field(24, size),
  d_ino_softlimit: field(32, size),
  d_bcount: field(40, size),
  d_icount: field(48, size),
  d_itimer: field(56, int, verbose),
  d_btimer: field(60, int, verbose),
  d_iwarns: field(64, ushort, verbose),
  d_bwarns: field(66, ushort, verbose),
  d_rtb_hardlimit: field(72, size, verbose),
  d_rtb_softlimit: field(80, size, verbose),
  d_rtbcount: field(88, size, verbose),
  d_rtbtimer: field(96, int, verbose),
  d_rtbwarns: field(100, ushort, verbose),
})

const quotaFile = struct(24, { qfs_ino: field(0, size), qfs_nblks: field(8, size), qfs_nextents: field(16, uint) })

const quotaStat = struct(80, {
  qs_version: field(0, signedByte),
  qs_flags: field(2, flags(FS_QUOTA, 2), verbose),
  qs_uquota: field(8, quotaFile, verbose),
  qs_gquota: field(32, quotaFile, verbose),
  qs_incoredqs: field(56, uint, verbose),
  qs_btimelimit: field(60, int, verbose),
  qs_itimelimit: field(64, int, verbose),
  qs_rtbtimelimit: field(68, int, verbose),
  qs_bwarnlimit: field(72, ushort, verbose),
  qs_iwarnlimit: field(74, ushort, verbose),
})

const quotaStatv = struct(160, {
  qs_version: field(0, signedByte),
  qs_flags: field(2, flags(FS_QUOTA, 2), verbose),
  qs_incoredqs: field(4, uint, verbose),
  qs_uquota: field(8, quotaFile, verbose),
  qs_gquota: field(32, quotaFile, verbose),
  qs_pquota: field(56, quotaFile, verbose),
  qs_btimelimit: field(80, int, verbose),
  qs_itimelimit: field(84, int, verbose),
  qs_rtbtimelimit: field(88, int, verbose),
  qs_bwarnlimit: field(92, ushort, verbose),
  qs_iwarnlimit: field(94, ushort, verbose),
})

/** The commands where they lie in the operation. */
const operations = {
  fallback: Q.fallback,
  values: Object.fromEntries(
    Object.entries(Q.values).map(([name, value]) => [name, (value << COMMAND_SHIFT) >>> 0]),
  ) as Readonly<Record<NameIn<typeof Q>, number>>, // The names of the same set.
}
const command = { mask: COMMAND_MASK }

const ids = switchOn(
  'op',
  operations,
  {
    Q_QUOTAON: oneOf(QFMT),
    Q_QUOTAOFF: unused,
    Q_SYNC: unused,
    Q_GETFMT: unused,
    Q_GETINFO: unused,
    Q_SETINFO: unused,
    Q_XQUOTASYNC: unused,
    Q_XGETQSTAT: unused,
    Q_XGETQSTATV: unused,
    Q_XQUOTAON: unused,
    Q_XQUOTAOFF: unused,
    Q_XQUOTARM: unused,
  },
  id,
  command,
)

const data = switchOn(
  'op',
  operations,
  {
    Q_QUOTAOFF: unused,
    Q_SYNC: unused,
    Q_XQUOTASYNC: unused,
    Q_QUOTAON: path,
    Q_GETQUOTA: resultIn(dqblk),
    Q_SETQUOTA: pointerTo(dqblk),
    Q_GETNEXTQUOTA: resultIn(nextDqblk),
    Q_XGETQUOTA: resultIn(diskQuota),
    Q_XGETNEXTQUOTA: resultIn(diskQuota),
    Q_XSETQLIM: pointerTo(diskQuota),
    Q_GETFMT: resultIn(oneOf(QFMT)),
    Q_GETINFO: resultIn(dqinfo),
    Q_SETINFO: pointerTo(dqinfo),
    Q_XGETQSTAT: resultIn(quotaStat),
    Q_XGETQSTATV: resultIn(quotaStatv),
    Q_XQUOTAON: pointerTo(flags(FS_QUOTA)),
    Q_XQUOTAOFF: pointerTo(flags(FS_QUOTA)),
    Q_XQUOTARM: pointerTo(flags(FS_QUOTA_OWNER)),
  },
  address,
  command,
)

type Cases<Choice> = Choice extends { readonly cases: infer K; readonly otherwise: infer O } ? K[keyof K] | O : never
type InOf<K> = K extends Kind<infer In, infer _Out, infer _Refs> ? Cases<In> : never
type OutOf<K> = K extends Kind<infer _In, infer Out, infer _Refs> ? Cases<Out> : never

// The operation's value is an object, by which no choice can be told: the values are those of any case.
const anyId: Kind<unknown, unknown, 'op'> = ids
const anyData: Kind<unknown, unknown, 'op'> = data

/** Whose quota; the format for Q_QUOTAON. */
export const quotaId = anyId as Kind<InOf<typeof ids> | undefined, never, 'op'>
/** What the command takes or gives. */
export const quotaData = anyData as Kind<InOf<typeof data> | undefined, OutOf<typeof data> | undefined, 'op'>
