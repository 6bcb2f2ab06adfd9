/** struct bpf_prog_info: what BPF_OBJ_GET_INFO_BY_FD tells about a program. */

import { readFileSync } from 'node:fs'
import { BPF_PROG_TYPE } from '../../table/constants/bpf.ts'
import type { Cell, Kind } from '../arg.ts'
import { fieldArray, fieldBytes } from '../behind.ts'
import { bits } from '../bitfield.ts'
import { roomOf, since } from './room.ts'
import { instruction, type BpfInstruction } from './values.ts'
import { holds, isNull, pointerText, unread } from '../cells.ts'
import { Data } from '../data.ts'
import { fixedText } from '../fixed.ts'
import { lowOf, oneOf } from '../flags.ts'
import { ifindex } from '../net/interfaces.ts'
import { readU64, type Wide } from '../numbers.ts'
import { elementsOf, printArray, sizeOf, type Behind } from '../pointer.ts'
import { quoteBytes } from '../quote.ts'
import { address, id, size, uint, type Scalar } from '../scalar.ts'
import { device } from '../file/stat.ts'
import { field, struct } from '../struct.ts'
import { timeComment } from '../time/time.ts'

/** The number that was at this place of the room before. */
function before(cell: Cell, at: number): number {
  const captured = roomOf(cell)
  return holds(captured, at + 4) ? captured.view.getUint32(captured.at + at, true) : 0
}

/** A number that says how much room there is, and comes back as how much is needed. */
function count(at: number): Scalar<number> {
  return {
    ...uint,
    print: (cell) => {
      const [room, needed] = [before(cell, at), lowOf(cell, 4)]
      return room === needed ? String(needed) : `${room} => ${needed}`
    },
  }
}

/** A place that the kernel may clear. */
function room(at: number): Scalar<bigint> {
  return {
    ...address,
    print: (cell, style) => {
      const captured = roomOf(cell)
      const after = address.print(cell, style)
      if (!holds(captured, at + 8)) return after
      const start = `0x${captured.view.getBigUint64(captured.at + at, true).toString(16)}`
      return start === after || (start === '0x0' && after === 'NULL') ? after : `${start} => ${after}`
    },
  }
}

/** Bytes that strace shows in hexadecimal. */
function tag(length: number): Kind<Data, never, never> {
  const bytes = ({ view, at }: Cell): Uint8Array => new Uint8Array(view.buffer, view.byteOffset + at, length)
  return {
    kind: 'tag',
    read: (cell) => new Data(bytes(cell)),
    print: (cell) => quoteBytes(bytes(cell), 'all'),
  }
}

const XLATED_LENGTH = { name: 'xlated_prog_len', at: 20, width: 4 } as const
const MOST_CODE = 1 << 15

function instructionCount(cell: Cell): number {
  const { view, at } = cell.sibling(XLATED_LENGTH.name)
  return Math.floor(Math.min(before(cell, XLATED_LENGTH.at), view.getUint32(at, true)) / sizeOf(instruction))
}

/** The program as the kernel has rewritten it. */
const translated: Kind<Behind<readonly BpfInstruction[]>, never, never> = {
  kind: 'translated',
  entry: { copy: 'bytes', length: { field: XLATED_LENGTH.at, width: 4 }, limit: MOST_CODE },
  read: (cell) => {
    if (isNull(cell)) return null
    const captured = cell.captured('entry')
    if (instructionCount(cell) === 0) return []
    if (!holds(captured, sizeOf(instruction))) return unread(cell, captured)
    return elementsOf(instruction, cell, captured, instructionCount(cell)).flatMap((it) => instruction.read?.(it) ?? [])
  },
  print: (cell, style) =>
    style.abbreviate ? pointerText(cell) : printArray(instruction, cell, 'entry', instructionCount(cell), style),
}

const NANO = 1_000_000_000

/** Nanoseconds since the machine was started, with the date as well as we know when that was. */
const loadTime: Scalar<Wide> = {
  ...size,
  print: (cell, style) => {
    const value = readU64(cell.view, cell.at)
    if (style.constants === 'raw') return String(value)
    return `${value}${timeComment(Math.floor(startOfMachine() + Number(value) / NANO), 0, 9)}`
  },
}

function startOfMachine(): number {
  try {
    return Date.now() / 1000 - Number.parseFloat(readFileSync('/proc/uptime', 'latin1'))
  } catch {
    return 0
  }
}

const MAPS = { name: 'nr_map_ids', at: 52, width: 4 } as const

export const progInfo = struct(228, {
  type: field(0, oneOf(BPF_PROG_TYPE)),
  id: field(4, uint),
  tag: field(8, tag(8)),
  jited_prog_len: field(16, count(16)),
  jited_prog_insns: field(24, fieldBytes({ name: 'jited_prog_len', at: 16, width: 4 }, { escaped: true })),
  xlated_prog_len: field(20, count(20)),
  xlated_prog_insns: field(32, translated),
  load_time: field(40, loadTime, since(40)),
  created_by_uid: field(48, id, since(40)),
  nr_map_ids: field(52, count(52), since(40)),
  map_ids: field(56, fieldArray(uint, MAPS, { upTo: (cell) => before(cell, MAPS.at) }), since(40)),
  name: field(64, fixedText(16), since(40)),
  ifindex: field(80, ifindex, since(80)),
  gpl_compatible: field(84, bits(0), since(80)),
  netns_dev: field(88, device, since(80)),
  netns_ino: field(96, size, since(80)),
  nr_jited_ksyms: field(104, count(104), since(104)),
  nr_jited_func_lens: field(108, count(108), since(104)),
  jited_ksyms: field(112, room(112), since(104)),
  jited_func_lens: field(120, room(120), since(104)),
  btf_id: field(128, uint, since(128)),
  func_info_rec_size: field(132, count(132), since(128)),
  func_info: field(136, address, since(128)),
  nr_func_info: field(144, count(144), since(128)),
  nr_line_info: field(148, count(148), since(128)),
  line_info: field(152, address, since(128)),
  jited_line_info: field(160, room(160), since(128)),
  nr_jited_line_info: field(168, count(168), since(128)),
  line_info_rec_size: field(172, count(172), since(128)),
  jited_line_info_rec_size: field(176, count(176), since(128)),
  nr_prog_tags: field(180, count(180), since(128)),
  prog_tags: field(184, address, since(128)),
  run_time_ns: field(192, size, since(192)),
  run_cnt: field(200, size, since(192)),
  recursion_misses: field(208, size, since(208)),
  verified_insns: field(216, uint, since(216)),
  attach_btf_obj_id: field(220, uint, since(220)),
  attach_btf_id: field(224, uint, since(220)),
})
