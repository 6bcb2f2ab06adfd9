/** What ioctl(2) takes of block devices and loop devices. */

import { BLKPG_OP, LO_CRYPT, LO_FLAGS } from '../../table/constants/devices.ts'
import { answered, asMembers } from '../answered.ts'
import type { Cell, Kind, Style } from '../arg.ts'
import { fixedText } from '../fixed.ts'
import { flags, lowOf, oneOf } from '../flags.ts'
import { rawBytes } from '../net/inet.ts'
import { pointerTo, resultIn } from '../pointer.ts'
import { quoteBytes } from '../quote.ts'
import { reserved } from '../reserved.ts'
import { fd, hex, hexByte, hexUint, int, long, pid, size, uint, ushort } from '../scalar.ts'
import { device } from '../file/stat.ts'
import { field, several, struct, type Field, type Struct } from '../struct.ts'
import { unused } from '../switch.ts'

const KEY = 32

/** As many bytes of a key as the field says. */
const key: Struct<Uint8Array> = {
  kind: 'key',
  size: KEY,
  read: keyOf,
  print: (cell, { hexStrings }) => quoteBytes(keyOf(cell), hexStrings),
}

function keyOf(cell: Cell): Uint8Array {
  return rawBytes(cell, Math.min(lowOf(cell.sibling('lo_encrypt_key_size'), 4), KEY))
}

/** How a loop device is encrypted: strace shows it with -v, or where it is. */
function encryption<T>(at: number, kind: Kind<T, never, string>): Field<T, never> {
  const isShown = (cell: Cell, style: Style): boolean =>
    !style.abbreviate || lowOf(cell.sibling('lo_encrypt_type'), 4) !== 0
  return field(at, kind, {
    member: (name, cell, style) => (isShown(cell, style) ? `${name}=${kind.print(cell, style)}` : ''),
  })
}

const verbose = { verbose: true } as const

/** struct loop_info */
const loopInfo = struct(168, {
  lo_number: field(0, int),
  lo_device: field(8, device, verbose),
  lo_inode: field(16, size, verbose),
  lo_rdevice: field(24, device, verbose),
  lo_offset: field(32, hexUint),
  lo_encrypt_type: encryption(36, oneOf(LO_CRYPT)),
  lo_encrypt_key_size: encryption(40, uint),
  lo_flags: field(44, flags(LO_FLAGS)),
  lo_name: field(48, fixedText(64)),
  lo_encrypt_key: encryption(112, key),
  lo_init: field(144, several(hex, 2), verbose),
  reserved: field(160, several(hexByte, 4), verbose),
})

/** struct loop_info64 */
const loopInfo64 = struct(232, {
  lo_device: field(0, device, verbose),
  lo_inode: field(8, size, verbose),
  lo_rdevice: field(16, device, verbose),
  lo_offset: field(24, hex),
  lo_sizelimit: field(32, size, verbose),
  lo_number: field(40, uint),
  lo_encrypt_type: encryption(44, oneOf(LO_CRYPT)),
  lo_encrypt_key_size: encryption(48, uint),
  lo_flags: field(52, flags(LO_FLAGS)),
  lo_file_name: field(56, fixedText(64)),
  lo_crypt_name: encryption(120, fixedText(64)),
  lo_encrypt_key: encryption(184, key),
  lo_init: field(216, several(hex, 2), verbose),
})

/** struct loop_config */
const loopConfig = struct(304, {
  fd: field(0, fd),
  block_size: field(4, uint),
  info: field(8, loopInfo64),
  __reserved: reserved(240, hex, 8),
})

/** struct blkpg_partition */
const partition = struct(152, {
  start: field(0, long),
  length: field(8, long),
  pno: field(16, int),
  devname: field(20, fixedText(64)),
  volname: field(84, fixedText(64)),
})

const traceAsked = struct(72, {
  act_mask: field(32, ushort),
  buf_size: field(36, uint),
  buf_nr: field(40, uint),
  start_lba: field(48, size),
  end_lba: field(56, size),
  pid: field(64, pid),
})

const pair = several(size, 2)

export const BLOCKS = {
  BLKRASET: size,
  BLKFRASET: size,
  BLKSECTGET: resultIn(ushort),
  BLKROTATIONAL: resultIn(ushort),
  BLKROGET: resultIn(int),
  BLKBSZGET: resultIn(int),
  BLKSSZGET: resultIn(int),
  BLKALIGNOFF: resultIn(int),
  BLKROSET: pointerTo(int),
  BLKBSZSET: pointerTo(int),
  BLKPBSZGET: resultIn(uint),
  BLKIOMIN: resultIn(uint),
  BLKIOOPT: resultIn(uint),
  BLKDISCARDZEROES: resultIn(uint),
  BLKGETZONESZ: resultIn(uint),
  BLKGETNRZONES: resultIn(uint),
  BLKRAGET: resultIn(long),
  BLKFRAGET: resultIn(long),
  BLKGETSIZE: resultIn(size),
  BLKGETSIZE64: resultIn(size),
  BLKGETDISKSEQ: resultIn(size),
  BLKDISCARD: pointerTo(pair),
  BLKSECDISCARD: pointerTo(pair),
  BLKZEROOUT: pointerTo(pair),
  BLKPG: pointerTo(
    struct(24, {
      op: field(0, oneOf(BLKPG_OP)),
      flags: field(4, int),
      datalen: field(8, int),
      data: field(16, pointerTo(partition)),
    }),
  ),
  BLKTRACESETUP: answered(traceAsked, struct(72, { name: field(0, fixedText(32)) }), asMembers),
  BLKRRPART: unused,
  BLKFLSBUF: unused,
  BLKTRACESTART: unused,
  BLKTRACESTOP: unused,
  BLKTRACETEARDOWN: unused,
  LOOP_GET_STATUS: resultIn(loopInfo),
  LOOP_SET_STATUS: pointerTo(loopInfo),
  LOOP_GET_STATUS64: resultIn(loopInfo64),
  LOOP_SET_STATUS64: pointerTo(loopInfo64),
  LOOP_CONFIGURE: pointerTo(loopConfig),
  LOOP_CLR_FD: unused,
  LOOP_SET_CAPACITY: unused,
  LOOP_CTL_GET_FREE: unused,
  LOOP_SET_FD: fd,
  LOOP_CHANGE_FD: fd,
  LOOP_CTL_ADD: int,
  LOOP_CTL_REMOVE: int,
  LOOP_SET_DIRECT_IO: size,
  LOOP_SET_BLOCK_SIZE: size,
} as const
