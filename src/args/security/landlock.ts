/** What landlock_create_ruleset(2) and landlock_add_rule(2) take. */

import { LANDLOCK_CREATE, LANDLOCK_FS, LANDLOCK_NET, LANDLOCK_SCOPE } from '../../table/constants/landlock.ts'
import type { Cell, ReturnKind } from '../arg.ts'
import { flags } from '../flags.ts'
import { lengthOf } from '../pointer.ts'
import { fd, size } from '../scalar.ts'
import { sized } from '../sized.ts'
import { field, struct, type FieldOptions } from '../struct.ts'

const WHOLE = 48
const LEAST = 8

const callerSize = (cell: Cell): number => lengthOf(cell.call.arg('size'), 'size')
const since = (offset: number): FieldOptions => ({ when: (cell) => callerSize(cell) > offset })

const files = flags(LANDLOCK_FS, 8)
const ports = flags(LANDLOCK_NET, 8)
const scopes = flags(LANDLOCK_SCOPE, 8)

/** struct landlock_ruleset_attr */
const ruleset = struct(WHOLE, {
  handled_access_fs: field(0, files),
  handled_access_net: field(8, ports, since(8)),
  scoped: field(16, scopes, since(16)),
  quiet_access_fs: field(24, files, since(24)),
  quiet_access_net: field(32, ports, since(32)),
  quiet_scoped: field(40, scopes, since(40)),
})

/** The rights that a ruleset is about; as much of them as `size` says. */
export const rulesetAttributes = sized(ruleset, 'size', LEAST, { rest: 'dots' })

const { LANDLOCK_CREATE_RULESET_VERSION: VERSION, LANDLOCK_CREATE_RULESET_ERRATA: ERRATA } = LANDLOCK_CREATE.values

/** A descriptor, unless the flags ask for a version. */
export const rulesetResult: ReturnKind = { kind: 'fd', fd: { on: 'flags', equals: [0], mask: VERSION | ERRATA } }

/** struct landlock_path_beneath_attr */
export const pathBeneath = struct(12, { allowed_access: field(0, files), parent_fd: field(8, fd) })

/** struct landlock_net_port_attr */
export const netPort = struct(16, { allowed_access: field(0, ports), port: field(8, size) })
