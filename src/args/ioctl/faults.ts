/** What ioctl(2) takes of userfaultfd(2). */

import {
  UFFD_FEATURE,
  UFFDIO_API_IOCTLS,
  UFFDIO_CONTINUE_MODE,
  UFFDIO_COPY_MODE,
  UFFDIO_POISON_MODE,
  UFFDIO_REGISTER_IOCTLS,
  UFFDIO_REGISTER_MODE,
  UFFDIO_WRITEPROTECT_MODE,
  UFFDIO_ZEROPAGE_MODE,
} from '../../table/constants/devices.ts'
import { answered, asMembers } from '../answered.ts'
import { flags } from '../flags.ts'
import { pointerTo } from '../pointer.ts'
import { hex, size } from '../scalar.ts'
import { field, struct } from '../struct.ts'

/** struct uffdio_range */
const range = struct(16, { start: field(0, hex), len: field(8, hex) })

const features = flags(UFFD_FEATURE, 8)
const offered = struct(24, { api: field(0, hex), features: field(8, features) })
const granted = struct(24, { features: field(8, features), ioctls: field(16, flags(UFFDIO_API_IOCTLS, 8)) })

/** The same features are not shown again. */
function grantText(before: string, after: string): string {
  const [features = '', ioctls = ''] = after.slice(1, -1).split(', ioctls=')
  const change = before.endsWith(`, ${features}}`) ? '' : ` => ${features}`
  return `${before.slice(0, -1)}${change}, ioctls=${ioctls}}`
}

const ranged = { range: field(0, range) }

export const FAULTS = {
  UFFDIO_API: answered(offered, granted, grantText),
  UFFDIO_REGISTER: answered(
    struct(32, { ...ranged, mode: field(16, flags(UFFDIO_REGISTER_MODE, 8)) }),
    struct(32, { ioctls: field(24, flags(UFFDIO_REGISTER_IOCTLS, 8)) }),
    asMembers,
  ),
  UFFDIO_UNREGISTER: pointerTo(range),
  UFFDIO_WAKE: pointerTo(range),
  UFFDIO_COPY: answered(
    struct(40, {
      dst: field(0, hex),
      src: field(8, hex),
      len: field(16, hex),
      mode: field(24, flags(UFFDIO_COPY_MODE, 8)),
    }),
    struct(40, { copy: field(32, hex) }),
    asMembers,
  ),
  UFFDIO_ZEROPAGE: answered(
    struct(32, { ...ranged, mode: field(16, flags(UFFDIO_ZEROPAGE_MODE, 8)) }),
    struct(32, { zeropage: field(24, hex) }),
    asMembers,
  ),
  UFFDIO_WRITEPROTECT: pointerTo(struct(24, { ...ranged, mode: field(16, flags(UFFDIO_WRITEPROTECT_MODE, 8)) })),
  UFFDIO_CONTINUE: answered(
    struct(32, { ...ranged, mode: field(16, flags(UFFDIO_CONTINUE_MODE, 8)) }),
    struct(32, { mapped: field(24, size) }),
    asMembers,
  ),
  UFFDIO_POISON: answered(
    struct(32, { ...ranged, mode: field(16, flags(UFFDIO_POISON_MODE, 8)) }),
    struct(32, { updated: field(24, size) }),
    asMembers,
  ),
} as const
