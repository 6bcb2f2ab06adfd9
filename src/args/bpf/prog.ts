/** Attributes of bpf(2) for programs, and for what all kinds of objects have. */

import {
  BPF_ATTACH,
  BPF_FILE,
  BPF_FILE_MODE,
  BPF_PROG,
  BPF_PROG_TYPE,
  BPF_TEST_RUN,
} from '../../table/constants/bpf.ts'
import type { Cell } from '../arg.ts'
import { fieldBytes } from '../behind.ts'
import { objectFd, objectInfo, objectRoom } from './info.ts'
import { attribute, changing, since, written } from './attr.ts'
import {
  attachFlags,
  attachType,
  hasFlag,
  instructions,
  isDescriptor,
  isInterface,
  kernelVersion,
  objectName,
  stringWithin,
} from './values.ts'
import { holds } from '../cells.ts'
import { flags, lowOf, oneOf } from '../flags.ts'
import { ifindex } from '../net/interfaces.ts'
import { path, text, textUpTo } from '../path.ts'
import { address, dirFd, fd, hex, int, size, uint } from '../scalar.ts'
import { field, struct } from '../struct.ts'

const sizeAbove =
  (offset: number) =>
  (cell: Cell): boolean =>
    lowOf(cell.call.arg('size'), 4) > offset && holds(cell.captured('entry'), 1)

const LOG_SIZE = { name: 'log_size', at: 28, width: 4 } as const
const LOG_TRUE_SIZE = 140
const CORE_RELOCATIONS = 128

export const progLoad = attribute(
  struct(168, {
    prog_type: field(0, oneOf(BPF_PROG_TYPE)),
    insn_cnt: field(4, uint),
    insns: field(8, instructions({ name: 'insn_cnt', at: 4, width: 4 })),
    license: field(16, text),
    log_level: field(24, uint, since(24)),
    log_size: field(28, uint, since(24)),
    log_buf: field(32, stringWithin(LOG_SIZE), since(24)),
    kern_version: field(40, kernelVersion, since(40)),
    prog_flags: field(44, flags(BPF_PROG), since(44)),
    prog_name: field(48, objectName(48), since(48)),
    prog_ifindex: field(64, ifindex, since(64)),
    expected_attach_type: field(68, attachType, since(68)),
    prog_btf_fd: field(72, fd, since(72)),
    func_info_rec_size: field(76, uint, since(72)),
    func_info: field(80, address, since(72)),
    func_info_cnt: field(88, uint, since(72)),
    line_info_rec_size: field(92, uint, since(72)),
    line_info: field(96, address, since(72)),
    line_info_cnt: field(104, uint, since(72)),
    attach_btf_id: field(108, uint, since(108)),
    attach_prog_fd: field(112, fd, since(112)),
    core_relo_cnt: field(116, uint, since(CORE_RELOCATIONS)),
    fd_array: field(120, address, since(120)),
    core_relos: field(128, address, since(CORE_RELOCATIONS)),
    core_relo_rec_size: field(136, uint, since(CORE_RELOCATIONS)),
    log_true_size: field(LOG_TRUE_SIZE, written(LOG_TRUE_SIZE, uint), since(LOG_TRUE_SIZE)),
    prog_token_fd: field(144, fd, since(144)),
    fd_array_cnt: field(148, uint, since(148)),
    signature: field(152, fieldBytes({ name: 'signature_size', at: 160, width: 4 }, { escaped: true }), since(152)),
    signature_size: field(160, uint, since(152)),
    keyring_id: field(164, int, since(152)),
  }),
  {
    out: struct(
      LOG_TRUE_SIZE + 4,
      {
        log_size: field(LOG_SIZE.at, uint),
        log_buf: field(32, stringWithin(LOG_SIZE)),
        log_true_size: field(LOG_TRUE_SIZE, uint),
      },
      { hidden: ['log_size'] },
    ),
    late: sizeAbove(CORE_RELOCATIONS),
  },
)

export const objPin = attribute(
  struct(20, {
    pathname: field(0, path),
    bpf_fd: field(8, fd),
    file_flags: field(12, flags(BPF_FILE), since(12)),
    path_fd: field(16, dirFd, since(16)),
  }),
)

const isId = hasFlag('attach_flags', () => BPF_ATTACH.values.BPF_F_ID)

export const progAttach = attribute(
  struct(32, {
    target_ifindex: field(0, ifindex, { when: isInterface }),
    target_fd: field(0, fd, { when: isDescriptor }),
    attach_bpf_fd: field(4, fd),
    attach_type: field(8, attachType),
    attach_flags: field(12, attachFlags),
    replace_bpf_fd: field(16, fd, since(16)),
    relative_id: field(20, uint, since(20, isId)),
    relative_fd: field(
      20,
      fd,
      since(20, (cell) => !isId(cell)),
    ),
    expected_revision: field(24, size, since(20)),
  }),
)

export const progTestRun = attribute(
  struct(76, {
    prog_fd: field(0, fd),
    retval: field(4, uint),
    data_size_in: field(8, uint),
    data_size_out: field(12, uint),
    data_in: field(16, address),
    data_out: field(24, address),
    repeat: field(32, uint),
    duration: field(36, uint),
    ctx_size_in: field(40, uint, since(40)),
    ctx_size_out: field(44, uint, since(40)),
    ctx_in: field(48, address, since(40)),
    ctx_out: field(56, address, since(40)),
    flags: field(64, flags(BPF_TEST_RUN), since(64)),
    cpu: field(68, uint, since(64)),
    batch_size: field(72, uint, since(72)),
  }),
  {
    inside: 'test',
    out: struct(48, {
      retval: field(4, uint),
      data_size_out: field(12, uint),
      data_out: field(24, fieldBytes({ name: 'data_size_out', at: 12, width: 4 })),
      duration: field(36, uint),
      ctx_size_out: field(44, uint),
    }),
    // strace shows what went in.
    late: () => false,
  },
)

const nextIdOut = struct(8, { next_id: field(4, uint) })

/** BPF_PROG_GET_NEXT_ID and its kin. */
export const nextId = attribute(struct(4, { start_id: field(0, uint) }), { after: nextIdOut, out: nextIdOut })

export const progById = attribute(struct(4, { prog_id: field(0, uint) }))
export const linkById = attribute(struct(4, { link_id: field(0, uint) }))
export const btfById = attribute(
  struct(16, {
    btf_id: field(0, uint),
    open_flags: field(8, flags(BPF_FILE_MODE), since(8)),
    fd_by_id_token_fd: field(12, fd, since(8)),
  }),
)

const INFO_LENGTH = 4
const told = struct(16, {
  info_len: field(INFO_LENGTH, uint, { when: () => false }),
  info: field(8, objectInfo),
})

export const objInfo = attribute(
  struct(16, {
    bpf_fd: field(0, objectFd),
    info_len: field(INFO_LENGTH, changing(INFO_LENGTH, uint)),
    info: field(8, objectRoom, { when: () => false }),
  }),
  { inside: 'info', after: told, out: told },
)

const TRACEPOINT_NAME = 128

export const rawTracepoint = attribute(
  struct(24, {
    name: field(0, textUpTo(TRACEPOINT_NAME)),
    prog_fd: field(8, fd),
    cookie: field(16, hex, since(23)),
  }),
  { inside: 'raw_tracepoint' },
)

const BTF_TRUE_SIZE = 28

export const btfLoad = attribute(
  struct(40, {
    btf: field(0, fieldBytes({ name: 'btf_size', at: 16, width: 4 })),
    btf_log_buf: field(8, address),
    btf_size: field(16, uint),
    btf_log_size: field(20, uint),
    btf_log_level: field(24, uint),
    btf_log_true_size: field(BTF_TRUE_SIZE, written(BTF_TRUE_SIZE, uint), since(BTF_TRUE_SIZE)),
    btf_flags: field(32, flags(BPF_FILE), since(32)),
    btf_token_fd: field(36, fd, since(32)),
  }),
  {
    out: struct(BTF_TRUE_SIZE + 4, { btf_log_true_size: field(BTF_TRUE_SIZE, uint) }),
    late: sizeAbove(BTF_TRUE_SIZE),
  },
)
