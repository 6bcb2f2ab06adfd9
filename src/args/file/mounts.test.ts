import test from 'ava'
import { callRecord, type CallSpec } from '../../../__test__/records.ts'
import { decodeChunk } from '../../decode.ts'
import type { SyscallEvent } from '../../events.ts'
import { STATMOUNT_MASK } from '../../table/constants/mount.ts'
import { eventText } from '../../text/line.ts'

const STATMOUNT = 457
const LISTMOUNT = 458
const LISTNS = 470
const OPENAT2 = 437
const AT_FDCWD = -100
const P = 0x7ffe_0000_1000n
const FAULT = 2
const TRUNCATED = 3

function event(spec: CallSpec): SyscallEvent {
  const [found] = decodeChunk(callRecord(spec))
  if (found === undefined) throw new Error('no call')
  return found as object as SyscallEvent
}

function text(spec: CallSpec): string {
  return eventText(event(spec), { columns: 0 })
}

/** Bytes with numbers of 32 bits at offsets, and with strings at the end. */
function bytes(size: number, words: Readonly<Record<number, number>>, strings = ''): Uint8Array {
  const made = Buffer.alloc(size)
  for (const [at, word] of Object.entries(words)) made.writeUInt32LE(word >>> 0, Number(at))
  return new Uint8Array(Buffer.concat([made, Buffer.from(strings)]))
}

const FULL = 0xffff_ffff
const request = bytes(24, { 0: 24, 8: 7, 16: 0x8000_0002 })
const asked = 'statmount({size=24, mnt_ns_fd=0, mnt_id=0x7, param=STATMOUNT_MNT_BASIC|0x80000000}'

/** A result of statmount: its members by offset, the strings behind them. */
function statmount(words: Readonly<Record<number, number>>, strings: string, total = 512 + strings.length): CallSpec {
  return {
    nr: STATMOUNT,
    args: [P, P, 1024, 0],
    captures: [
      { key: 0, bytes: request },
      { key: 1, phase: 1, bytes: bytes(512, { 0: total, ...words }, strings) },
    ],
  }
}

test('all that statmount can tell', (t) => {
  const all = Object.values(STATMOUNT_MASK.values).reduce((mask, bit) => mask | bit, 0)
  const strings = 'rw\0ext4\0/sub\0/mnt\0fuse\0/dev/sda1\0one\0two\0secret\x000 1000 1\x0010 2000 5\0'
  const place = (name: string): number => strings.indexOf(name)
  const words = {
    4: place('rw'),
    8: all,
    16: 8,
    20: 1,
    24: 0xef53,
    32: 0x11,
    36: place('ext4'),
    40: 0x10,
    44: 1,
    48: 0x11,
    56: 0x12,
    60: 0x13,
    64: 0x200001,
    72: 0x100000,
    80: 0x14,
    88: 0x15,
    96: 0x16,
    104: place('/sub'),
    108: place('/mnt'),
    112: 0x17,
    120: place('fuse'),
    124: place('/dev'),
    128: 2,
    132: place('one'),
    136: 1,
    140: place('secret'),
    144: 3,
    152: 1,
    156: place('0 1000'),
    160: 1,
    164: place('10 2000'),
  }
  const spec = statmount(words, strings)
  t.is(
    text(spec),
    `${asked}, {size=${512 + strings.length}, mnt_opts="rw", mask=${Object.keys(STATMOUNT_MASK.values).join('|')}, ` +
      'sb_dev_major=8, sb_dev_minor=1, sb_magic=EXT2_SUPER_MAGIC, sb_flags=MS_RDONLY|MS_SYNCHRONOUS, fs_type="ext4", ' +
      'mnt_id=0x100000010, mnt_parent_id=0x11, mnt_id_old=0x12, mnt_parent_id_old=0x13, ' +
      'mnt_attr=MOUNT_ATTR_RDONLY|MOUNT_ATTR_NOSYMFOLLOW, mnt_propagation=MS_SHARED, mnt_peer_group=0x14, ' +
      'mnt_master=0x15, propagate_from=0x16, mnt_root="/sub", mnt_point="/mnt", mnt_ns_id=0x17, fs_subtype="fuse", ' +
      'sb_source="/dev/sda1", opt_num=2, opt_array=["one", "two"], opt_sec_num=1, opt_sec_array=["secret"], ' +
      'supported_mask=STATMOUNT_SB_BASIC|STATMOUNT_MNT_BASIC, mnt_uidmap_num=1, mnt_uidmap=["0 1000 1"], ' +
      'mnt_gidmap_num=1, mnt_gidmap=["10 2000 5"]}, 1024, 0) = 0',
  )
  const { name, out } = event(spec)
  if (name !== 'statmount' || out === undefined || out.buf === null || 'errno' in out.buf) return t.fail(name)
  t.is(out.buf.mnt_id, 0x1_0000_0010)
  t.is(out.buf.mnt_opts, 'rw')
  t.deepEqual(out.buf.opt_array, ['one', 'two'])
  t.deepEqual(out.buf.mnt_gidmap, ['10 2000 5'])
})

for (const [title, words, strings, total, expected] of [
  ['members that the mask does not have', { 40: 7 }, 'rw\0', undefined, '{size=515, mask=0}'],
  [
    'a string behind the end',
    { 8: STATMOUNT_MASK.values.STATMOUNT_FS_TYPE, 36: 3 },
    'rw\0',
    undefined,
    '{size=515, mask=STATMOUNT_FS_TYPE, fs_type=0x3}',
  ],
  [
    'a string without an end',
    { 8: STATMOUNT_MASK.values.STATMOUNT_FS_TYPE },
    'ext4',
    undefined,
    '{size=516, mask=STATMOUNT_FS_TYPE, fs_type="ext"...}',
  ],
  [
    'fewer strings than there should be',
    { 8: STATMOUNT_MASK.values.STATMOUNT_OPT_ARRAY, 128: 3 },
    'a\0b\0',
    undefined,
    '{size=516, mask=STATMOUNT_OPT_ARRAY, opt_num=3, opt_array=["a", "b", ???]}',
  ],
  [
    'strings that did not fit',
    { 8: STATMOUNT_MASK.values.STATMOUNT_FS_TYPE },
    'ext4\0',
    4096,
    '{size=4096, mask=STATMOUNT_FS_TYPE, fs_type=0}',
  ],
] as const) {
  test(`statmount: ${title}`, (t) => {
    t.is(text(statmount(words, strings, total)), `${asked}, ${expected}, 1024, 0) = 0`)
  })
}

test('more options than text shows', (t) => {
  const words = { 8: STATMOUNT_MASK.values.STATMOUNT_OPT_ARRAY, 128: 40 }
  const shown = Array.from({ length: 32 }, () => '"x"').join(', ')
  t.is(
    text(statmount(words, 'x\0'.repeat(40))),
    `${asked}, {size=592, mask=STATMOUNT_OPT_ARRAY, opt_num=40, opt_array=[${shown}, ...]}, 1024, 0) = 0`,
  )
})

test('ids of mounts and namespaces', (t) => {
  const ids = { key: 1, phase: 1, bytes: bytes(16, { 0: 1, 4: 1, 8: 2 }) } as const
  const mounts = bytes(32, { 0: 32, 4: -1, 8: FULL, 12: FULL, 24: 5 })
  t.is(
    text({ nr: LISTMOUNT, args: [P, P, 2, 1], result: 2, captures: [{ key: 0, bytes: mounts }, ids] }),
    'listmount({size=32, mnt_ns_fd=-1, mnt_id=LSMT_ROOT, param=0, mnt_ns_id=0x5}, [0x100000001, 0x2], 2, LISTMOUNT_REVERSE) = 2',
  )
  const namespaces = bytes(32, { 0: 32, 4: 1, 8: 0xffff_fffe, 12: FULL, 16: 0x80, 20: 2, 24: FULL, 28: FULL })
  const listed = { nr: LISTNS, args: [P, P, 2, 0], result: 2, captures: [{ key: 0, bytes: namespaces }, ids] }
  t.is(
    text(listed),
    'listns({size=32, spare=0x1, ns_id=0xfffffffffffffffe, ns_type=TIME_NS, spare2=0x2, user_ns_id=LISTNS_CURRENT_USER}, [0x100000001, 0x2], 2, 0) = 2',
  )
  const { name, out } = event(listed)
  if (name !== 'listns') return t.fail(name)
  t.deepEqual(out, { ns_ids: [0x1_0000_0001, 2] })
})

test('a request whose end cannot be read', (t) => {
  const captures = [{ key: 0, status: FAULT, bytes: bytes(16, { 0: 24 }) }]
  t.is(
    text({ nr: LISTMOUNT, args: [P, 0, 0, 0], result: -14, flags: 1, captures }),
    'listmount({size=24, ???}, NULL, 0, 0) = -1 EFAULT (Bad address)',
  )
})

for (const [title, size, capture, expected] of [
  ['zeros', 32, { bytes: bytes(32, {}) }, '{flags=O_RDONLY, resolve=0}'],
  ['a page that cannot be read', 40, { status: FAULT, bytes: bytes(24, {}) }, '{flags=O_RDONLY, resolve=0, ???}'],
  [
    'more than text shows',
    96,
    { bytes: bytes(96, { 92: 1 }) },
    String.raw`{flags=O_RDONLY, resolve=0, /* bytes 24..95 */ "${String.raw`\x00`.repeat(32)}"...}`,
  ],
  [
    'more than a page',
    5000,
    { status: TRUNCATED, bytes: bytes(4096, { 24: 0x101 }) },
    String.raw`{flags=O_RDONLY, resolve=0, /* bytes 24..4095 */ "\x01\x01${String.raw`\x00`.repeat(30)}"...}`,
  ],
] as const) {
  test(`behind the members of a struct: ${title}`, (t) => {
    const captures = [
      { key: 1, bytes: 'file' },
      { key: 2, ...capture },
    ]
    t.is(
      text({ nr: OPENAT2, args: [AT_FDCWD, P, P, size], result: -7, flags: 1, captures }),
      `openat2(AT_FDCWD, "file", ${expected}, ${size}) = -1 E2BIG (Argument list too long)`,
    )
  })
}
