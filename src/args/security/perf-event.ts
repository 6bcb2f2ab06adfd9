/** struct perf_event_attr */

import {
  HW_BREAKPOINT,
  PERF_ATTR_SIZE,
  PERF_BRANCH,
  PERF_FORMAT,
  PERF_SAMPLE,
  PERF_TYPE,
} from '../../table/constants/perf.ts'
import { CLOCK } from '../../table/constants/time.ts'
import { ERRNO } from '../../table/constants/errno.ts'
import type { Cell, Kind } from '../arg.ts'
import { bits } from '../bitfield.ts'
import { holds, isNull, padded, PointeeCell, pointerText, unread } from '../cells.ts'
import { flags, lowOf, oneOf, prepare } from '../flags.ts'
import { hex32 } from '../numbers.ts'
import { perfConfig } from './perf-config.ts'
import type { Behind } from '../pointer.ts'
import { hex, hexUint, size, uint, ushort, type Scalar } from '../scalar.ts'
import { field, struct, type FieldOptions } from '../struct.ts'
import type { ValueOf } from '../pointer.ts'

const WHOLE = 144
/** What strace reads without -v. */
const HEAD = 48
const SIZE_AT = 4
const { PERF_ATTR_SIZE_VER0 } = PERF_ATTR_SIZE.values
const { PERF_TYPE_BREAKPOINT } = PERF_TYPE.values
const { PERF_SAMPLE_BRANCH_STACK, PERF_SAMPLE_STACK_USER } = PERF_SAMPLE.values

const isBreakpoint = (cell: Cell): boolean => lowOf(cell.sibling('type'), 4) === PERF_TYPE_BREAKPOINT
const samples =
  (bit: number) =>
  (cell: Cell): boolean =>
    (lowOf(cell.sibling('sample_type'), 8) & bit) !== 0
/** One of the bits that `disabled` is the first of. */
const isSet =
  (shift: number) =>
  (cell: Cell): boolean =>
    ((lowOf(cell.sibling('disabled'), 4) >>> shift) & 1) !== 0
const not =
  (condition: (cell: Cell) => boolean) =>
  (cell: Cell): boolean =>
    !condition(cell)
const FREQ = 10
const WATERMARK = 14
const USE_CLOCKID = 25

/** The caller's size; 0 stands for the first that there was. */
function sizeIn(view: DataView, at: number): number {
  return view.getUint32(at, true) || PERF_ATTR_SIZE_VER0
}

/** Whether the caller's struct reaches that far. */
function reaches(offset: number): (cell: Cell) => boolean {
  return (cell) => {
    const { view, at } = cell.sibling('size')
    return sizeIn(view, at) > offset
  }
}

/** The size, and what the kernel put in its place where it is too large for it. */
const attributeSize: Scalar<number> = {
  ...uint,
  print: (cell, style) => {
    const { call, view, at } = cell
    const before = prepare(PERF_ATTR_SIZE).valueText(view.getUint32(at, true), style)
    if (!call.finished || call.result !== -ERRNO.E2BIG) return before
    const after = call.arg('attr').captured('exit')
    if (!holds(after, SIZE_AT + 4)) return `${before} => ???`
    const kernelSize = after.view.getUint32(after.at + SIZE_AT, true)
    return `${before} => ${prepare(PERF_ATTR_SIZE).valueText(kernelSize, style)}`
  },
}

/** A bit that strace shows without -v only where it is set. */
function bit(shift: number): Scalar<number> {
  const plain = bits(shift)
  return {
    ...plain,
    print: (cell, style) => {
      const text = plain.print(cell, style)
      return style.abbreviate && text === '0' ? '' : text
    },
  }
}

/** Bits from which on a kernel that is newer than we are may know more. */
function reserved(shift: number, count: number, comment: string): Scalar<number> {
  const plain = bits(shift, count)
  return {
    ...plain,
    print: ({ view, at }) => {
      const value = view.getUint32(at, true) >>> shift
      return value === 0 ? '' : `${hex32(value)} /* ${comment} */`
    },
  }
}

const SKID = ['arbitrary skid', 'constant skid', 'requested to have 0 skid', 'must have 0 skid'] as const

const preciseIp: Scalar<number> = {
  ...bits(15, 2),
  print: ({ view, at }) => {
    const value = (view.getUint32(at, true) >>> 15) & 3
    return `${value} /* ${SKID[value] ?? ''} */`
  },
}

const breakpointType: Kind<string, never, never> = {
  ...oneOf(HW_BREAKPOINT),
  print: (cell, style) => {
    const value = lowOf(cell, 4)
    return prepare(HW_BREAKPOINT).valueText(value, style, value <= 7 ? 'HW_BREAKPOINT_INVALID' : 'HW_BREAKPOINT_???')
  },
}

const maxStack: Scalar<number> = {
  ...ushort,
  print: (cell, style) => {
    const unknown = cell.view.getUint16(cell.at + 2, true)
    const text = ushort.print(cell, style)
    return unknown === 0 ? text : `${text} /* bytes 110..111: ${hex32(unknown)} */`
  },
}

const verbose = { verbose: true } as const

/** With -v, and only as far as the caller's struct reaches. */
function since(offset: number, when: (cell: Cell) => boolean = () => true): FieldOptions {
  const isThere = reaches(offset)
  return { verbose: true, when: (cell) => isThere(cell) && when(cell) }
}

const attributes = struct(WHOLE, {
  type: field(0, oneOf(PERF_TYPE)),
  size: field(4, attributeSize),
  config: field(8, perfConfig),
  sample_freq: field(16, size, { when: isSet(FREQ) }),
  sample_period: field(16, size, { when: not(isSet(FREQ)) }),
  sample_type: field(24, flags(PERF_SAMPLE, 8)),
  read_format: field(32, flags(PERF_FORMAT, 8)),
  disabled: field(40, bit(0)),
  inherit: field(40, bit(1)),
  pinned: field(40, bit(2)),
  exclusive: field(40, bit(3)),
  exclude_user: field(40, bit(4)),
  exclude_kernel: field(40, bit(5)),
  exclude_hv: field(40, bit(6)),
  exclude_idle: field(40, bit(7)),
  mmap: field(40, bit(8)),
  comm: field(40, bit(9)),
  freq: field(40, bit(10)),
  inherit_stat: field(40, bit(11)),
  enable_on_exec: field(40, bit(12)),
  task: field(40, bit(13)),
  watermark: field(40, bit(14)),
  precise_ip: field(40, preciseIp),
  mmap_data: field(40, bit(17)),
  sample_id_all: field(40, bit(18)),
  exclude_host: field(40, bit(19)),
  exclude_guest: field(40, bit(20)),
  exclude_callchain_kernel: field(40, bit(21)),
  exclude_callchain_user: field(40, bit(22)),
  mmap2: field(40, bit(23)),
  comm_exec: field(40, bit(24)),
  use_clockid: field(40, bit(25)),
  context_switch: field(40, bit(26)),
  write_backward: field(40, bit(27)),
  namespaces: field(40, bit(28)),
  ksymbol: field(40, bit(29)),
  bpf_event: field(40, bit(30)),
  aux_output: field(40, bit(31)),
  cgroup: field(44, bit(0)),
  text_poke: field(44, bit(1)),
  build_id: field(44, bit(2)),
  inherit_thread: field(44, bit(3)),
  remove_on_exec: field(44, bit(4)),
  sigtrap: field(44, bit(5)),
  __reserved_1: field(44, reserved(6, 26, 'Bits 63..38')),
  wakeup_watermark: field(48, uint, { ...verbose, when: isSet(WATERMARK) }),
  wakeup_events: field(48, uint, { ...verbose, when: not(isSet(WATERMARK)) }),
  bp_type: field(52, breakpointType, { ...verbose, when: isBreakpoint }),
  bp_addr: field(56, hex, { ...verbose, when: isBreakpoint }),
  config1: field(56, hex, { ...verbose, when: not(isBreakpoint) }),
  bp_len: field(64, size, since(64, isBreakpoint)),
  config2: field(64, hex, since(64, not(isBreakpoint))),
  branch_sample_type: field(72, flags(PERF_BRANCH, 8), since(72, samples(PERF_SAMPLE_BRANCH_STACK))),
  sample_regs_user: field(80, hex, since(80)),
  sample_stack_user: field(88, hexUint, since(88, samples(PERF_SAMPLE_STACK_USER))),
  clockid: field(92, oneOf(CLOCK), since(92, isSet(USE_CLOCKID))),
  sample_regs_intr: field(96, hex, since(96)),
  aux_watermark: field(104, uint, since(104)),
  sample_max_stack: field(108, maxStack, since(108)),
  aux_sample_size: field(112, uint, since(112)),
  aux_start_paused: field(116, bit(0), since(116)),
  aux_pause: field(116, bit(1), since(116)),
  aux_resume: field(116, bit(2), since(116)),
  __reserved_3: field(116, reserved(3, 29, 'Bits 931..959'), since(116)),
  sig_data: field(120, hex, since(120)),
  config3: field(128, hex, since(128)),
  config4: field(136, hex, since(136)),
})

export type PerfEventAttributes = ValueOf<typeof attributes>

/** The struct, as long as it says that it is. */
function found(cell: Cell, least: number): Cell | undefined {
  const captured = cell.captured('entry')
  if (!holds(captured, SIZE_AT + 4)) return undefined
  const length = Math.min(sizeIn(captured.view, captured.at + SIZE_AT), WHOLE)
  if (length < PERF_ATTR_SIZE_VER0 || captured.length < Math.min(length, least)) return undefined
  return new PointeeCell(cell, padded(captured, length, WHOLE))
}

/** What perf_event_open(2) counts, and how. */
export const perfEventAttributes: Kind<Behind<PerfEventAttributes>, never, never> = {
  kind: 'perfEventAttributes',
  entry: { copy: 'bytes', length: WHOLE },
  exit: { copy: 'bytes', length: SIZE_AT + 4 },
  exitAfter: 'failure',
  late: (cell) => found(cell, HEAD) !== undefined,
  read: (cell) => {
    const attribute = found(cell, WHOLE)
    if (attribute === undefined || attributes.read === undefined)
      return isNull(cell) ? null : unread(cell, cell.captured('entry'))
    return attributes.read(attribute)
  },
  print: (cell, style) => {
    const attribute = found(cell, style.abbreviate ? HEAD : WHOLE)
    if (attribute === undefined) return pointerText(cell)
    const text = attributes.print(attribute, style)
    const isLonger = attribute.view.getUint32(attribute.at + SIZE_AT, true) > WHOLE
    return isLonger && !style.abbreviate ? `${text.slice(0, -1)}, ...}` : text
  },
}
