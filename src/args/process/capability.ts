/** Capabilities, as capget(2) and capset(2) take them. */

import { CAPABILITY } from '../../table/constants/prctl.ts'
import { CAP_VERSION } from '../../table/constants/process.ts'
import type { CaptureSpec, Cell, Kind, Style } from '../arg.ts'
import { holds, isNull, pointerText, unread } from '../cells.ts'
import { Flags, oneOf, prepare, wide, type Constants, type NameIn } from '../flags.ts'
import { changed, type Behind, type ValueOf } from '../pointer.ts'
import { pid } from '../scalar.ts'
import { field, struct } from '../struct.ts'

/** struct __user_cap_header_struct */
const header = struct(8, { version: field(0, oneOf(CAP_VERSION)), pid: field(4, pid) })

type Header = ValueOf<typeof header>

/** Where the version is unknown the kernel writes its own: how programs ask for it. */
export const capabilityHeader: Kind<Behind<Header>, Behind<Header>, never> = changed(header)

type Capability = NameIn<typeof CAPABILITY>

/** Sets of capabilities, whatever the version of the struct. */
export interface Capabilities {
  readonly effective: Flags<Capability>
  readonly permitted: Flags<Capability>
  readonly inheritable: Flags<Capability>
}

const WORD_BITS = 32
const SETS = ['effective', 'permitted', 'inheritable'] as const
const SET_SIZE = 4
/** struct __user_cap_data_struct: the lower halves of the three sets. The upper ones, since version 2, are another. */
const HALF_SIZE = SETS.length * SET_SIZE

const numbered = Object.entries(CAPABILITY.values)
const bits = (name: string, number: number): readonly [string, number] => [name, 2 ** (number % WORD_BITS)]

/** Bits of one half, by the names that strace writes. */
function halfNamed(isUpper: boolean, prefix: string): Constants {
  const members = numbered.filter(([, number]) => number >= WORD_BITS === isUpper)
  return {
    fallback: CAPABILITY.fallback,
    values: Object.fromEntries(members.map(([name, number]) => bits(prefix + name, number))),
  }
}

const lowerNames = prepare(halfNamed(false, ''))
const upperNames = prepare(halfNamed(true, ''))
const lowerTexts = prepare(halfNamed(false, '1<<'))
const upperTexts = prepare(halfNamed(true, '1<<'))

function setOf(low: number, high: number): Flags<Capability> {
  const lower = lowerNames.splitRest(0, low)
  const upper = upperNames.splitRest(0, high)
  // The names of the set that both halves are made of.
  const names = [...lower.names, ...upper.names] as readonly Capability[]
  return new Flags(wide(high, low), names, wide(upper.low, lower.low))
}

function setText(low: number, high: number, style: Style): string {
  const lower = low !== 0 || high === 0 ? lowerTexts.flagsText(0, low, style) : ''
  if (high === 0) return lower
  const upper = upperTexts.flagsText(0, high, style)
  return lower === '' ? upper : `${lower}|${upper}`
}

const { _LINUX_CAPABILITY_VERSION_2: VERSION_2, _LINUX_CAPABILITY_VERSION_3: VERSION_3 } = CAP_VERSION.values

/** How many halves there are; none where the header could not be read. */
function halvesOf(headerCell: Cell): number {
  const captured = headerCell.captured('entry')
  if (!holds(captured, 4)) return 0
  const version = captured.view.getUint32(captured.at, true)
  return version === VERSION_2 || version === VERSION_3 ? 2 : 1
}

const dataCapture: CaptureSpec = { copy: 'bytes', length: 2 * HALF_SIZE }

/** The three sets, as pairs of halves. */
function wordsOf(
  cell: Cell,
  phase: 'entry' | 'exit',
  head: string,
): readonly (readonly [number, number])[] | undefined {
  const captured = cell.captured(phase)
  const halves = halvesOf(cell.sibling(head))
  if (halves === 0 || !holds(captured, halves * HALF_SIZE)) return undefined
  const { view, at } = captured
  return SETS.map((_, index) => {
    const place = at + index * SET_SIZE
    return [view.getUint32(place, true), halves === 2 ? view.getUint32(place + HALF_SIZE, true) : 0]
  })
}

function readData(cell: Cell, phase: 'entry' | 'exit', head: string): Behind<Capabilities> {
  if (isNull(cell)) return null
  const words = wordsOf(cell, phase, head)
  if (words === undefined) return unread(cell, cell.captured(phase))
  const [effective = [0, 0], permitted = [0, 0], inheritable = [0, 0]] = words
  return { effective: setOf(...effective), permitted: setOf(...permitted), inheritable: setOf(...inheritable) }
}

function dataText(cell: Cell, phase: 'entry' | 'exit', head: string, style: Style): string {
  const words = wordsOf(cell, phase, head)
  if (words === undefined) return pointerText(cell)
  return `{${words.map((halves, index) => `${SETS[index]}=${setText(...halves, style)}`).join(', ')}}`
}

/** Capabilities that go in; `head` names the argument with the version. */
export function capabilitiesIn<const Head extends string>(head: Head): Kind<Behind<Capabilities>, never, Head> {
  return {
    kind: 'capabilitiesIn',
    entry: dataCapture,
    read: (cell) => readData(cell, 'entry', head),
    print: (cell, style) => dataText(cell, 'entry', head, style),
  }
}

/** Room for capabilities. */
export function capabilitiesOut<const Head extends string>(head: Head): Kind<never, Behind<Capabilities>, Head> {
  return {
    kind: 'capabilitiesOut',
    exit: dataCapture,
    late: true,
    readOut: (cell) => readData(cell, 'exit', head),
    print: (cell, style) => dataText(cell, 'exit', head, style),
  }
}
