import test from 'ava'
import { callRecord } from '../../../__test__/records.ts'
import { decodeChunk } from '../../decode.ts'
import { Q, QUOTA_TYPE } from '../../table/constants/quota.ts'
import type { NameIn } from '../flags.ts'
import { eventText } from '../../text/line.ts'
import type { TextEvent } from '../../text/source.ts'

const QUOTACTL = 179
const P = 0x7ffe_0000_1000n

/** The bytes of numbers, each with its width. */
function bytesOf(...parts: readonly (readonly [width: 1 | 2 | 4 | 8, ...numbers: readonly number[]])[]): Uint8Array {
  const all = parts.flatMap(([width, ...numbers]) =>
    numbers.map((number) => {
      const bytes = Buffer.alloc(8)
      bytes.writeBigInt64LE(BigInt(number))
      return bytes.subarray(0, width)
    }),
  )
  return new Uint8Array(Buffer.concat(all))
}

const limits = [8, 1, 2, 3, 4, 5, 6, 7, 8] as const
const file = (ino: number): readonly (readonly [4 | 8, ...number[]])[] => [
  [8, ino, ino + 1],
  [4, ino + 2, 0],
]

/** What file systems with quotas say, which not every machine has. */
const results: readonly (readonly [
  command: NameIn<typeof Q>,
  type: NameIn<typeof QUOTA_TYPE>,
  bytes: Uint8Array,
  short: string,
  long: string,
])[] = [
  [
    'Q_GETQUOTA',
    'USRQUOTA',
    bytesOf(limits, [4, 0x3f]),
    '"/dev/sda1", 5, {dqb_bhardlimit=1, dqb_bsoftlimit=2, dqb_curspace=3, dqb_ihardlimit=4, dqb_isoftlimit=5, dqb_curinodes=6, ...}',
    '"/dev/sda1", 5, {dqb_bhardlimit=1, dqb_bsoftlimit=2, dqb_curspace=3, dqb_ihardlimit=4, dqb_isoftlimit=5, dqb_curinodes=6, dqb_btime=7, dqb_itime=8, dqb_valid=QIF_BLIMITS|QIF_SPACE|QIF_ILIMITS|QIF_INODES|QIF_BTIME|QIF_ITIME}',
  ],
  [
    'Q_GETNEXTQUOTA',
    'GRPQUOTA',
    bytesOf(limits, [4, 0x40, 1000]),
    '"/dev/sda1", 5, {dqb_bhardlimit=1, dqb_bsoftlimit=2, dqb_curspace=3, dqb_ihardlimit=4, dqb_isoftlimit=5, dqb_curinodes=6, dqb_id=1000, ...}',
    '"/dev/sda1", 5, {dqb_bhardlimit=1, dqb_bsoftlimit=2, dqb_curspace=3, dqb_ihardlimit=4, dqb_isoftlimit=5, dqb_curinodes=6, dqb_btime=7, dqb_itime=8, dqb_valid=0x40 /* QIF_??? */, dqb_id=1000}',
  ],
  ['Q_GETFMT', 'PRJQUOTA', bytesOf([4, 4]), '"/dev/sda1", [QFMT_VFS_V1]', '"/dev/sda1", [QFMT_VFS_V1]'],
  [
    'Q_GETINFO',
    'USRQUOTA',
    bytesOf([8, 604_800, 86_400], [4, 0x1_0001, 7]),
    '"/dev/sda1", {dqi_bgrace=604800, dqi_igrace=86400, dqi_flags=DQF_ROOT_SQUASH|DQF_SYS_FILE, dqi_valid=IIF_BGRACE|IIF_IGRACE|IIF_FLAGS}',
    '"/dev/sda1", {dqi_bgrace=604800, dqi_igrace=86400, dqi_flags=DQF_ROOT_SQUASH|DQF_SYS_FILE, dqi_valid=IIF_BGRACE|IIF_IGRACE|IIF_FLAGS}',
  ],
  [
    'Q_XGETQUOTA',
    'USRQUOTA',
    bytesOf(
      [1, 1, 4],
      [2, 0],
      [4, 1000],
      [8, 1, 2, 3, 4, 5, 6],
      [4, 7, -8],
      [2, 9, 10],
      [4, 0],
      [8, 11, 12, 13],
      [4, 14],
      [2, 15, 0],
      [8, 0],
    ),
    '"/dev/sda1", 5, {d_version=1, d_flags=FS_GROUP_QUOTA, d_fieldmask=0, d_id=1000, d_blk_hardlimit=1, d_blk_softlimit=2, d_ino_hardlimit=3, d_ino_softlimit=4, d_bcount=5, d_icount=6, ...}',
    '"/dev/sda1", 5, {d_version=1, d_flags=FS_GROUP_QUOTA, d_fieldmask=0, d_id=1000, d_blk_hardlimit=1, d_blk_softlimit=2, d_ino_hardlimit=3, d_ino_softlimit=4, d_bcount=5, d_icount=6, d_itimer=7, d_btimer=-8, d_iwarns=9, d_bwarns=10, d_rtb_hardlimit=11, d_rtb_softlimit=12, d_rtbcount=13, d_rtbtimer=14, d_rtbwarns=15}',
  ],
  [
    'Q_XGETQSTAT',
    'USRQUOTA',
    bytesOf([1, 1, 0], [2, 3], [4, 0], ...file(1), ...file(4), [4, 7, 8, 9, 10], [2, 11, 12], [4, 0]),
    '"/dev/sda1", {qs_version=1, ...}',
    '"/dev/sda1", {qs_version=1, qs_flags=FS_QUOTA_UDQ_ACCT|FS_QUOTA_UDQ_ENFD, qs_uquota={qfs_ino=1, qfs_nblks=2, qfs_nextents=3}, qs_gquota={qfs_ino=4, qfs_nblks=5, qfs_nextents=6}, qs_incoredqs=7, qs_btimelimit=8, qs_itimelimit=9, qs_rtbtimelimit=10, qs_bwarnlimit=11, qs_iwarnlimit=12}',
  ],
  [
    'Q_XGETQSTATV',
    'USRQUOTA',
    bytesOf(
      [1, -1, 0],
      [2, 0x30],
      [4, 1],
      ...file(2),
      ...file(5),
      ...file(8),
      [4, 11, 12, 13],
      [2, 14, 15, 16, 0],
      [4, 0],
      [8, 0, 0, 0, 0, 0, 0, 0],
    ),
    '"/dev/sda1", {qs_version=-1, ...}',
    '"/dev/sda1", {qs_version=-1, qs_flags=FS_QUOTA_PDQ_ACCT|FS_QUOTA_PDQ_ENFD, qs_incoredqs=1, qs_uquota={qfs_ino=2, qfs_nblks=3, qfs_nextents=4}, qs_gquota={qfs_ino=5, qfs_nblks=6, qfs_nextents=7}, qs_pquota={qfs_ino=8, qfs_nblks=9, qfs_nextents=10}, qs_btimelimit=11, qs_itimelimit=12, qs_rtbtimelimit=13, qs_bwarnlimit=14, qs_iwarnlimit=15}',
  ],
]

for (const [command, type, bytes, short, long] of results) {
  test(`what ${command} gives`, (t) => {
    const op = Q.values[command] * 0x100 + QUOTA_TYPE.values[type]
    const captures = [
      { key: 1, bytes: '/dev/sda1' },
      { key: 3, phase: 1, bytes },
    ] as const
    const [event] = decodeChunk(callRecord({ nr: QUOTACTL, args: [op, P, 5, P], captures }))
    const text = (abbreviate: boolean): string =>
      // Every event is also a TextEvent; its public type does not say so.
      eventText(event as object as TextEvent, { columns: 0, abbreviate })
    t.is(text(true), `quotactl(QCMD(${command}, ${type}), ${short}) = 0`)
    t.is(text(false), `quotactl(QCMD(${command}, ${type}), ${long}) = 0`)
  })
}
