/** What ioctl(2) takes of ATA disks and of flash memory (MTD). */

import {
  ATA_CMD,
  BUSSTATE,
  IDE_NICE,
  MTD_FILE_MODE,
  MTD_FLAG,
  MTD_NANDECC,
  MTD_OPS,
  MTD_OTP,
  MTD_TYPE,
} from '../../table/constants/hardware.ts'
import { answered, asChange, asMembers } from '../answered.ts'
import type { Cell, Kind, Style } from '../arg.ts'
import { printData, readData } from '../bytes.ts'
import { addressBehind, cellLength, pointerText } from '../cells.ts'
import type { Data } from '../data.ts'
import { flags, oneOf } from '../flags.ts'
import { rawBytes } from '../net/inet.ts'
import { pointerTo, resultIn, type Behind } from '../pointer.ts'
import { quoteBytes } from '../quote.ts'
import { address, byte, hex, hexByte, hexUint, int, size, uint, ushort } from '../scalar.ts'
import { field, struct } from '../struct.ts'
import { upTo } from '../upto.ts'

/** struct hd_geometry */
const geometry = struct(16, {
  heads: field(0, byte),
  sectors: field(1, byte),
  cylinders: field(2, ushort),
  start: field(8, size),
})

/** What a disk says of itself. */
const identity = (room: number): Kind<never, Behind<Data>, never> => ({
  kind: 'identity',
  exit: { copy: 'bytes', length: room, limit: 'data' },
  late: true,
  readOut: (cell) => readData(cell, 'exit', room),
  print: (cell, style) => (cell.call.ok ? printData(cell, 'exit', room, style) : pointerText(cell)),
})

const COMMAND = 4
const SECTOR = 512

/** struct hd_drive_cmd_hdr */
const command = struct(COMMAND, {
  command: field(0, oneOf(ATA_CMD, 1)),
  sector_number: field(1, byte),
  feature: field(2, byte),
  sector_count: field(3, byte),
})
const status = struct(COMMAND, { status: field(0, hexByte), error: field(1, byte), nsector: field(2, byte) })

/** The sectors behind the status, as far as the string limit goes. */
function sectorsText(cell: Cell, style: Style): string {
  const length = cell.view.getUint8(cell.at + 3) * SECTOR
  if (length === 0) return ''
  const room = cellLength(cell) - COMMAND
  const shown = Math.min(length, style.stringLimit)
  if (room < shown) return `, buf=${addressBehind(cell.call.arg('argp'), COMMAND)}`
  const bytes = rawBytes(cell, COMMAND + shown).subarray(COMMAND)
  return `, buf=${quoteBytes(bytes, 'all')}${shown < length ? '...' : ''}`
}

const answer: typeof status = {
  ...status,
  print: (cell, style) => `${status.print(cell, style).slice(0, -1)}${sectorsText(cell, style)}}`,
}

const driveCommand = {
  ...answered(command, answer, asChange),
  exit: { copy: 'bytes', length: COMMAND + 0xff * SECTOR, limit: 'data', header: COMMAND },
} as const

const ports = pointerTo(upTo(hexUint, 3))
const setting = resultIn(size)
const nice = flags(IDE_NICE, 8)
const busState = oneOf(BUSSTATE, 8)

/** struct erase_info_user */
const area = { start: field(0, hexUint), length: field(4, hexUint) }
const erased = pointerTo(struct(8, area))
const erased64 = pointerTo(struct(16, { start: field(0, hex), length: field(8, hex) }))

/** struct mtd_oob_buf */
const outOfBand = pointerTo(struct(16, { ...area, ptr: field(8, address) }))
const outOfBand64 = pointerTo(
  struct(24, { start: field(0, hex), length: field(12, hexUint), usr_ptr: field(16, address) }),
)

/** struct otp_info */
const otpArea = struct(12, { ...area, locked: field(8, uint) })

/** struct mtd_write_req */
const writing = struct(48, {
  start: field(0, hex),
  len: field(8, hex),
  ooblen: field(16, hex),
  usr_data: field(24, address),
  usr_oob: field(32, address),
  mode: field(40, oneOf(MTD_OPS, 1)),
})

/** struct mtd_info_user */
const flash = struct(32, {
  type: field(0, oneOf(MTD_TYPE, 1)),
  flags: field(4, flags(MTD_FLAG)),
  size: field(8, hexUint),
  erasesize: field(12, hexUint),
  writesize: field(16, hexUint),
  oobsize: field(20, hexUint),
  padding: field(24, hex),
})

/** struct nand_oobinfo */
const nandOutOfBand = struct(200, {
  useecc: field(0, oneOf(MTD_NANDECC)),
  eccbytes: field(4, hexUint),
  oobfree: field(8, upTo(upTo(hexUint, 2), 8)),
  eccpos: field(72, upTo(hexUint, 32)),
})

/** struct nand_ecclayout_user */
const layout = struct(328, {
  eccbytes: field(0, hexUint),
  eccpos: field(4, upTo(hexUint, 64)),
  oobavail: field(260, hexUint),
  oobfree: field(264, upTo(struct(8, { offset: field(0, hexUint), length: field(4, hexUint) }), 8)),
})

/** struct mtd_ecc_stats */
const corrections = struct(16, {
  corrected: field(0, hexUint),
  failed: field(4, hexUint),
  badblocks: field(8, hexUint),
  bbtblocks: field(12, hexUint),
})

/** struct region_info_user */
const region = answered(
  struct(16, { regionindex: field(12, hexUint) }),
  struct(16, { offset: field(0, hexUint), erasesize: field(4, hexUint), numblocks: field(8, hexUint) }),
  asMembers,
)

const indirect = { indirect: true } as const

export const DISKS = {
  HDIO_GETGEO: resultIn(geometry),
  HDIO_DRIVE_CMD: driveCommand,
  HDIO_DRIVE_RESET: ports,
  HDIO_SCAN_HWIF: ports,
  HDIO_UNREGISTER_HWIF: size,
  HDIO_OBSOLETE_IDENTITY: identity(142),
  HDIO_GET_IDENTITY: identity(512),
  HDIO_GET_NICE: resultIn(nice, indirect),
  HDIO_SET_NICE: nice,
  HDIO_GET_BUSSTATE: resultIn(busState, indirect),
  HDIO_SET_BUSSTATE: busState,
  HDIO_GET_32BIT: setting,
  HDIO_GET_ACOUSTIC: setting,
  HDIO_GET_ADDRESS: setting,
  HDIO_GET_DMA: setting,
  HDIO_GET_KEEPSETTINGS: setting,
  HDIO_GET_MULTCOUNT: setting,
  HDIO_GET_NOWERR: setting,
  HDIO_GET_UNMASKINTR: setting,
  HDIO_GET_WCACHE: setting,
  HDIO_SET_32BIT: size,
  HDIO_SET_ACOUSTIC: size,
  HDIO_SET_ADDRESS: size,
  HDIO_SET_DMA: size,
  HDIO_SET_KEEPSETTINGS: size,
  HDIO_SET_MULTCOUNT: size,
  HDIO_SET_NOWERR: size,
  HDIO_SET_PIO_MODE: size,
  HDIO_SET_UNMASKINTR: size,
  HDIO_SET_WCACHE: size,
  MEMERASE: erased,
  MEMLOCK: erased,
  MEMUNLOCK: erased,
  MEMISLOCKED: erased,
  MEMERASE64: erased64,
  MEMWRITEOOB: outOfBand,
  MEMREADOOB: outOfBand,
  MEMWRITEOOB64: outOfBand64,
  MEMREADOOB64: outOfBand64,
  MEMWRITE: pointerTo(writing),
  OTPGETREGIONINFO: resultIn(otpArea),
  OTPLOCK: pointerTo(otpArea),
  OTPSELECT: pointerTo(oneOf(MTD_OTP), indirect),
  MTDFILEMODE: oneOf(MTD_FILE_MODE, 8),
  MEMGETBADBLOCK: pointerTo(size),
  MEMSETBADBLOCK: pointerTo(size),
  MEMGETINFO: resultIn(flash),
  MEMGETOOBSEL: resultIn(nandOutOfBand),
  ECCGETLAYOUT: resultIn(layout),
  ECCGETSTATS: resultIn(corrections),
  OTPGETREGIONCOUNT: resultIn(uint),
  MEMGETREGIONCOUNT: resultIn(int),
  MEMGETREGIONINFO: region,
} as const
