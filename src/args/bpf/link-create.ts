/** BPF_LINK_CREATE, whose last member depends on what the program is attached to. */

import {
  BPF_ATTACH,
  BPF_ATTACH_TYPE,
  BPF_KPROBE_MULTI,
  BPF_NETFILTER,
  BPF_UPROBE_MULTI,
} from '../../table/constants/bpf.ts'
import type { Cell, FieldCapture } from '../arg.ts'
import { fieldArray } from '../behind.ts'
import { attribute, since } from './attr.ts'
import { attachFlags, attachType, hasFlag, isDescriptor, isInterface, stringElement } from './values.ts'
import { flags, lowOf, prepare } from '../flags.ts'
import { ifindex } from '../net/interfaces.ts'
import { path } from '../path.ts'
import type { Pointee } from '../pointer.ts'
import { address, fd, hex, int, pid, uint } from '../scalar.ts'
import { field, struct, type Field, type Struct, type StructValue } from '../struct.ts'
import type { ValueOf } from '../pointer.ts'

const TYPE_AT = 8
const UNION_AT = 16

const common = {
  prog_fd: field(0, fd),
  target_ifindex: field(4, ifindex, { when: isInterface }),
  target_fd: field(4, fd, { when: isDescriptor }),
  attach_type: field(TYPE_AT, attachType),
  flags: field(12, attachFlags),
}
const base = struct(UNION_AT, common)
const COMMON = Object.keys(common).length

/** Fields of the union. The common ones stand in front, unseen, so that what is copied for both has keys of its own. */
function member<const F extends Readonly<Record<string, Field<unknown, unknown>>>>(
  size: number,
  fields: F,
): Struct<StructValue<F>> {
  const unseen = Object.entries(common).map(([name, { at }]) => [
    `link_${name}`,
    field(at, address, { when: () => false }),
  ])
  const before: Readonly<Record<string, Field<unknown, unknown>>> = Object.fromEntries(unseen)
  const made: Struct<unknown> = struct(size, { ...before, ...fields }, { hidden: Object.keys(before) })
  return made as Struct<StructValue<F>> // The others are hidden.
}

const has = (bits: () => number): ((cell: Cell) => boolean) => hasFlag('link_flags', bits)
const isId = has(() => BPF_ATTACH.values.BPF_F_ID)

const relative = member(32, {
  relative_id: field(16, uint, { when: isId }),
  relative_fd: field(16, fd, { when: (cell) => !isId(cell) }),
  expected_revision: field(24, hex),
})

const target = member(20, { target_btf_id: field(16, uint, { when: (cell) => lowOf(cell, 4) !== 0 }) })

/** union bpf_iter_link_info */
const map = struct(4, { map_fd: field(0, fd) })
const iterated: Pointee<{ readonly map: { readonly map_fd: number } }> = {
  kind: map.kind,
  size: map.size,
  ...(map.fields === undefined ? {} : { fields: map.fields }),
  read: (cell) => ({ map: { map_fd: cell.view.getInt32(cell.at, true) } }),
  print: (cell, style) => `{map=${map.print(cell, style)}}`,
}

const iterator = member(28, {
  iter_info: field(16, fieldArray(iterated, { name: 'iter_info_len', at: 24, width: 4 })),
  iter_info_len: field(24, uint),
})

const perfEvent = member(24, { bpf_cookie: field(16, hex) })
const tracing = member(32, { target_btf_id: field(16, uint), cookie: field(24, hex) })

const tracingCount = { name: 'cnt', at: 32, width: 4 } as const
const tracingMulti = member(36, {
  ids: field(16, fieldArray(uint, tracingCount)),
  cookies: field(24, fieldArray(hex, tracingCount)),
  cnt: field(32, uint),
})

const netfilter = member(32, {
  pf: field(16, uint),
  hooknum: field(20, uint),
  priority: field(24, int),
  flags: field(28, flags(BPF_NETFILTER)),
})

const kprobeCount = { name: 'cnt', at: 20, width: 4 } as const
const kprobeMulti = member(48, {
  flags: field(16, flags(BPF_KPROBE_MULTI)),
  cnt: field(20, uint),
  syms: field(24, fieldArray(stringElement, kprobeCount)),
  addrs: field(32, fieldArray(hex, kprobeCount)),
  cookies: field(40, fieldArray(hex, kprobeCount)),
})

const uprobeCount = { name: 'cnt', at: 48, width: 4 } as const
const uprobeMulti = member(64, {
  path: field(16, path),
  offsets: field(24, fieldArray(hex, uprobeCount)),
  ref_ctr_offsets: field(32, fieldArray(hex, uprobeCount)),
  cookies: field(40, fieldArray(hex, uprobeCount)),
  cnt: field(48, uint),
  flags: field(52, flags(BPF_UPROBE_MULTI)),
  pid: field(56, pid),
  path_fd: field(60, fd, since(60)),
})

interface Members {
  readonly cgroup: ValueOf<typeof relative>
  readonly perf_event: ValueOf<typeof perfEvent>
  readonly tracing: ValueOf<typeof tracing>
  readonly tracing_multi: ValueOf<typeof tracingMulti>
  readonly netfilter: ValueOf<typeof netfilter>
  readonly tcx: ValueOf<typeof relative>
  readonly netkit: ValueOf<typeof relative>
  readonly kprobe_multi: ValueOf<typeof kprobeMulti>
  readonly uprobe_multi: ValueOf<typeof uprobeMulti>
}

/** What is there of every link; one of the members; or what lies in the union itself. */
export type LinkCreate = ValueOf<typeof base> &
  Partial<Members> &
  Partial<ValueOf<typeof target>> &
  Partial<ValueOf<typeof iterator>>

interface Choice {
  /** Without a name its fields lie in the union itself. */
  readonly name?: keyof Members
  readonly fields: Struct<object>
}

const inGroup = { name: 'cgroup', fields: relative } as const
const noGroup = { fields: target } as const
const choices: Readonly<Record<string, Choice>> = {
  BPF_TRACE_ITER: { fields: iterator },
  BPF_PERF_EVENT: { name: 'perf_event', fields: perfEvent },
  BPF_TRACE_FENTRY: { name: 'tracing', fields: tracing },
  BPF_TRACE_FEXIT: { name: 'tracing', fields: tracing },
  BPF_TRACE_FSESSION: { name: 'tracing', fields: tracing },
  BPF_MODIFY_RETURN: { name: 'tracing', fields: tracing },
  BPF_LSM_MAC: { name: 'tracing', fields: tracing },
  BPF_TRACE_FENTRY_MULTI: { name: 'tracing_multi', fields: tracingMulti },
  BPF_TRACE_FEXIT_MULTI: { name: 'tracing_multi', fields: tracingMulti },
  BPF_TRACE_FSESSION_MULTI: { name: 'tracing_multi', fields: tracingMulti },
  BPF_NETFILTER: { name: 'netfilter', fields: netfilter },
  BPF_TCX_INGRESS: { name: 'tcx', fields: relative },
  BPF_TCX_EGRESS: { name: 'tcx', fields: relative },
  BPF_NETKIT_PRIMARY: { name: 'netkit', fields: relative },
  BPF_NETKIT_PEER: { name: 'netkit', fields: relative },
  BPF_TRACE_KPROBE_MULTI: { name: 'kprobe_multi', fields: kprobeMulti },
  BPF_TRACE_UPROBE_MULTI: { name: 'uprobe_multi', fields: uprobeMulti },
}

const isGroup = (type: string): boolean => type.startsWith('BPF_CGROUP_')

function typeOf(cell: Cell): string | undefined {
  return prepare(BPF_ATTACH_TYPE).nameOf(cell.view.getUint32(cell.at + TYPE_AT, true))
}

/** The member that the caller's struct has, and that belongs to the type of the link. */
function choiceOf(cell: Cell): Choice | undefined {
  const type = typeOf(cell)
  if (type === undefined || lowOf(cell.call.arg('size'), 4) <= UNION_AT) return undefined
  if (!isGroup(type)) return choices[type]
  const { BPF_F_BEFORE, BPF_F_AFTER } = BPF_ATTACH.values
  return (cell.view.getUint32(cell.at + 12, true) & (BPF_F_BEFORE | BPF_F_AFTER)) === 0 ? noGroup : inGroup
}

/** Follows the pointers of a member only in links that have it. */
function captures(): readonly FieldCapture[] {
  const types = Object.entries(BPF_ATTACH_TYPE.values)
  const members = new Set([relative, ...Object.values(choices).map(({ fields }) => fields)])
  const hasMember = (type: string, fields: Struct<object>): boolean =>
    isGroup(type) ? fields === relative : choices[type]?.fields === fields
  const found = [...members].flatMap((fields) => {
    const cases = types.filter(([type]) => hasMember(type, fields))
    const own = (fields.fields ?? []).filter(({ key }) => key >= COMMON)
    return own.map(({ key, at, then }): FieldCapture => {
      const chosen = cases.map(([, equals]) => ({ equals, then }))
      return { key, at, then: { copy: 'switch', on: { field: TYPE_AT, width: 4 }, cases: chosen } }
    })
  })
  return [...(base.fields ?? []), ...found]
}

const whole: Struct<LinkCreate> = {
  kind: 'struct',
  size: 64,
  fields: captures(),
  read: (cell) => {
    const common_ = base.read?.(cell)
    const choice = choiceOf(cell)
    const value = choice?.fields.read?.(cell)
    const added = choice?.name === undefined ? value : { [choice.name]: value }
    return { ...common_, ...added } as LinkCreate // The fields of `base`, and one of `Members`.
  },
  print: (cell, style) => {
    const text = base.print(cell, style)
    const choice = choiceOf(cell)
    const added = choice === undefined ? '{}' : choice.fields.print(cell, style)
    if (added === '{}') return text
    return `${text.slice(0, -1)}, ${choice?.name === undefined ? added.slice(1, -1) : `${choice.name}=${added}`}}`
  },
}

export const linkCreate = attribute(whole, {
  inside: 'link_create',
  known: (cell) => choiceOf(cell)?.fields.size ?? UNION_AT,
})
