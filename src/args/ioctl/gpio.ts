/** What ioctl(2) takes of GPIO chips and of lines of them. */

import {
  GPIO_V2_LINE_ATTR,
  GPIO_V2_LINE_FLAG,
  GPIOEVENT_REQUEST,
  GPIOHANDLE_REQUEST,
  GPIOLINE_FLAG,
} from '../../table/constants/hardware.ts'
import { answered, asChange } from '../answered.ts'
import type { Cell, Style } from '../arg.ts'
import { InsideCell } from '../cells.ts'
import { fixedText } from '../fixed.ts'
import { flags, lowOf, type Flags, type NameIn } from '../flags.ts'
import { hexU64, readU64, type Wide } from '../numbers.ts'
import { pointerTo, resultIn } from '../pointer.ts'
import { reserved } from '../reserved.ts'
import { byte, fd, hex, hexUint, uint } from '../scalar.ts'
import { field, struct, type Struct } from '../struct.ts'
import { upTo } from '../upto.ts'

const MAX_LINES = 64
const NAME = fixedText(32)

/** struct gpiochip_info */
const chip = struct(68, { name: field(0, NAME), label: field(32, NAME), lines: field(64, uint) })

/** struct gpioline_info */
const line = answered(
  struct(72, { line_offset: field(0, uint) }),
  struct(72, { flags: field(4, flags(GPIOLINE_FLAG)), name: field(8, NAME), consumer: field(40, NAME) }),
  asChange,
)

const requested = flags(GPIOHANDLE_REQUEST)
const lineCount = (cell: Cell): number => lowOf(cell.sibling('lines'), 4)

/** struct gpiohandle_request */
const handle = answered(
  struct(364, {
    lines: field(356, uint),
    lineoffsets: field(0, upTo(uint, MAX_LINES, lineCount)),
    flags: field(256, requested),
    default_values: field(260, upTo(byte, MAX_LINES, lineCount)),
    consumer_label: field(324, NAME),
  }),
  struct(364, { fd: field(360, fd) }),
  asChange,
)

/** struct gpioevent_request */
const event = answered(
  struct(48, {
    lineoffset: field(0, uint),
    handleflags: field(4, requested),
    eventflags: field(8, flags(GPIOEVENT_REQUEST)),
    consumer_label: field(12, NAME),
  }),
  struct(48, { fd: field(44, fd) }),
  asChange,
)

/** struct gpiohandle_data */
const values = struct(MAX_LINES, { values: field(0, upTo(byte, MAX_LINES)) })

/** struct gpiohandle_config */
const handleConfig = struct(84, { flags: field(0, requested), default_values: field(4, upTo(byte, MAX_LINES)) })

const lineFlags = flags(GPIO_V2_LINE_FLAG, 8)
const { GPIO_V2_LINE_ATTR_ID_FLAGS, GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES, GPIO_V2_LINE_ATTR_ID_DEBOUNCE } =
  GPIO_V2_LINE_ATTR.values

/** struct gpio_v2_line_attribute */
export interface LineAttribute {
  readonly id: number
  readonly flags?: Flags<NameIn<typeof GPIO_V2_LINE_FLAG>>
  readonly values?: Wide
  readonly debounce_period_us?: number
}

const ATTRIBUTE = 16
const DATA = 8

/** A member of the union: that of the id. */
function readAttribute(cell: Cell): LineAttribute {
  const id = lowOf(cell, 4)
  const data = new InsideCell(cell, DATA)
  if (id === GPIO_V2_LINE_ATTR_ID_FLAGS) {
    const value = lineFlags.read?.(data)
    return { id, ...(value === undefined ? {} : { flags: value }) }
  }
  if (id === GPIO_V2_LINE_ATTR_ID_DEBOUNCE) return { id, debounce_period_us: lowOf(data, 4) }
  return { id, values: readU64(data.view, data.at) }
}

/** `wrapped`: how what is not understood is shown. */
function attributeText(cell: Cell, style: Style, wrapped: (text: string) => string): string {
  const id = lowOf(cell, 4)
  const padding = lowOf(new InsideCell(cell, 4), 4)
  const data = new InsideCell(cell, DATA)
  if (padding === 0) {
    if (id === GPIO_V2_LINE_ATTR_ID_FLAGS) return `flags=${lineFlags.print(data, style)}`
    if (id === GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES) return `values=${hexU64(data.view, data.at)}`
    if (id === GPIO_V2_LINE_ATTR_ID_DEBOUNCE) return `debounce_period_us=${lowOf(data, 4)}`
  }
  const shown = padding === 0 ? '' : `, padding=0x${padding.toString(16)}`
  return wrapped(`id=${id}${shown}, data=${hexU64(data.view, data.at)}`)
}

const attribute: Struct<LineAttribute> = {
  kind: 'lineAttribute',
  size: ATTRIBUTE,
  read: readAttribute,
  print: (cell, style) => `{${attributeText(cell, style, (text) => text)}}`,
}

/** struct gpio_v2_line_config_attribute */
const configAttribute: Struct<LineAttribute & { readonly mask: Wide }> = {
  kind: 'lineConfigAttribute',
  size: ATTRIBUTE + 8,
  read: (cell) => ({ ...readAttribute(cell), mask: readU64(cell.view, cell.at + ATTRIBUTE) }),
  print: (cell, style) => {
    const text = attributeText(cell, style, (raw) => `attr={${raw}}`)
    return `{${text}, mask=${hexU64(cell.view, cell.at + ATTRIBUTE)}}`
  },
}

const MAX_ATTRIBUTES = 10
const attributeCount = (cell: Cell): number => lowOf(cell.sibling('num_attrs'), 4)
const hasAttributes = { when: (cell: Cell) => attributeCount(cell) !== 0 }

/** struct gpio_v2_line_config */
const config = struct(272, {
  flags: field(0, lineFlags),
  num_attrs: field(8, uint),
  padding: reserved(12, hexUint, 5),
  attrs: field(32, upTo(configAttribute, MAX_ATTRIBUTES, attributeCount), hasAttributes),
})

/** struct gpio_v2_line_info */
const lineInfo = answered(
  struct(256, { offset: field(64, uint) }),
  struct(256, {
    name: field(0, NAME),
    consumer: field(32, NAME),
    flags: field(72, lineFlags),
    num_attrs: field(68, uint),
    attrs: field(80, upTo(attribute, MAX_ATTRIBUTES, attributeCount), hasAttributes),
    padding: reserved(240, hexUint, 4),
  }),
  asChange,
)

/** struct gpio_v2_line_request */
const lineRequest = answered(
  struct(592, {
    num_lines: field(560, uint),
    offsets: field(
      0,
      upTo(uint, MAX_LINES, (cell) => lowOf(cell.sibling('num_lines'), 4)),
    ),
    consumer: field(256, NAME),
    config: field(288, config),
    event_buffer_size: field(564, uint, { when: (cell) => lowOf(cell, 4) !== 0 }),
    padding: reserved(568, hexUint, 5),
  }),
  struct(592, { fd: field(588, fd) }),
  asChange,
)

/** struct gpio_v2_line_values */
const bits = { bits: field(0, hex) }
const mask = { mask: field(8, hex) }

export const GPIO = {
  GPIO_GET_CHIPINFO_IOCTL: resultIn(chip),
  GPIO_GET_LINEINFO_UNWATCH_IOCTL: pointerTo(struct(4, { offset: field(0, uint) })),
  GPIO_V2_GET_LINEINFO_IOCTL: lineInfo,
  GPIO_V2_GET_LINEINFO_WATCH_IOCTL: lineInfo,
  GPIO_V2_GET_LINE_IOCTL: lineRequest,
  GPIO_V2_LINE_SET_CONFIG_IOCTL: pointerTo(config),
  GPIO_V2_LINE_GET_VALUES_IOCTL: answered(struct(16, mask), struct(16, bits), asChange),
  GPIO_V2_LINE_SET_VALUES_IOCTL: pointerTo(struct(16, { ...bits, ...mask })),
  GPIO_GET_LINEINFO_IOCTL: line,
  GPIO_GET_LINEINFO_WATCH_IOCTL: line,
  GPIO_GET_LINEHANDLE_IOCTL: handle,
  GPIO_GET_LINEEVENT_IOCTL: event,
  GPIOHANDLE_GET_LINE_VALUES_IOCTL: resultIn(values),
  GPIOHANDLE_SET_LINE_VALUES_IOCTL: pointerTo(values),
  GPIOHANDLE_SET_CONFIG_IOCTL: pointerTo(handleConfig),
} as const
