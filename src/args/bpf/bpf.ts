/** The attributes that each command of bpf(2) takes. */

import { BPF } from '../../table/constants/process.ts'
import type { ReturnKind } from '../arg.ts'
import { linkCreate } from './link-create.ts'
import {
  enableStats,
  iterCreate,
  linkDetach,
  linkUpdate,
  progBindMap,
  streamRead,
  structOps,
  tokenCreate,
} from './link.ts'
import {
  mapById,
  mapCreate,
  mapDelete,
  mapDeleteBatch,
  mapFreeze,
  mapLookup,
  mapLookupBatch,
  mapNextKey,
  mapUpdate,
  mapUpdateBatch,
} from './map.ts'
import {
  btfById,
  btfLoad,
  linkById,
  nextId,
  objInfo,
  objPin,
  progAttach,
  progById,
  progLoad,
  progTestRun,
  rawTracepoint,
} from './prog.ts'
import { progQuery, taskFdQuery } from './query.ts'
import { address } from '../scalar.ts'
import { switchOn } from '../switch.ts'

export const bpfAttributes = switchOn(
  'cmd',
  BPF,
  {
    BPF_MAP_CREATE: mapCreate,
    BPF_MAP_LOOKUP_ELEM: mapLookup,
    BPF_MAP_UPDATE_ELEM: mapUpdate,
    BPF_MAP_DELETE_ELEM: mapDelete,
    BPF_MAP_GET_NEXT_KEY: mapNextKey,
    BPF_PROG_LOAD: progLoad,
    BPF_OBJ_PIN: objPin,
    BPF_OBJ_GET: objPin,
    BPF_PROG_ATTACH: progAttach,
    BPF_PROG_DETACH: progAttach,
    BPF_PROG_TEST_RUN: progTestRun,
    BPF_PROG_GET_NEXT_ID: nextId,
    BPF_MAP_GET_NEXT_ID: nextId,
    BPF_PROG_GET_FD_BY_ID: progById,
    BPF_MAP_GET_FD_BY_ID: mapById,
    BPF_OBJ_GET_INFO_BY_FD: objInfo,
    BPF_PROG_QUERY: progQuery,
    BPF_RAW_TRACEPOINT_OPEN: rawTracepoint,
    BPF_BTF_LOAD: btfLoad,
    BPF_BTF_GET_FD_BY_ID: btfById,
    BPF_TASK_FD_QUERY: taskFdQuery,
    BPF_MAP_LOOKUP_AND_DELETE_ELEM: mapLookup,
    BPF_MAP_FREEZE: mapFreeze,
    BPF_BTF_GET_NEXT_ID: nextId,
    BPF_MAP_LOOKUP_BATCH: mapLookupBatch,
    BPF_MAP_LOOKUP_AND_DELETE_BATCH: mapLookupBatch,
    BPF_MAP_UPDATE_BATCH: mapUpdateBatch,
    BPF_MAP_DELETE_BATCH: mapDeleteBatch,
    BPF_LINK_CREATE: linkCreate,
    BPF_LINK_UPDATE: linkUpdate,
    BPF_LINK_GET_FD_BY_ID: linkById,
    BPF_LINK_GET_NEXT_ID: nextId,
    BPF_ENABLE_STATS: enableStats,
    BPF_ITER_CREATE: iterCreate,
    BPF_LINK_DETACH: linkDetach,
    BPF_PROG_BIND_MAP: progBindMap,
    BPF_TOKEN_CREATE: tokenCreate,
    BPF_PROG_STREAM_READ_BY_FD: streamRead,
    BPF_PROG_ASSOC_STRUCT_OPS: structOps,
  },
  address,
)

const makesDescriptor = [
  'BPF_MAP_CREATE',
  'BPF_PROG_LOAD',
  'BPF_OBJ_PIN',
  'BPF_OBJ_GET',
  'BPF_PROG_GET_FD_BY_ID',
  'BPF_MAP_GET_FD_BY_ID',
  'BPF_BTF_LOAD',
  'BPF_BTF_GET_FD_BY_ID',
  'BPF_LINK_CREATE',
  'BPF_LINK_GET_FD_BY_ID',
  'BPF_ENABLE_STATS',
  'BPF_ITER_CREATE',
  'BPF_PROG_BIND_MAP',
  'BPF_TOKEN_CREATE',
] as const

/** Some commands make a descriptor. */
export const bpfResult: ReturnKind = {
  kind: 'fd',
  fd: { on: 'cmd', equals: makesDescriptor.map((name) => BPF.values[name]) },
}
