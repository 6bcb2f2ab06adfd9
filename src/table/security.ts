/** System calls on rights, keys, filters and BPF. */

import { bpfAttributes, bpfResult } from '../args/bpf/bpf.ts'
import { bytesIn } from '../args/bytes.ts'
import { capabilitiesIn, capabilitiesOut, capabilityHeader } from '../args/process/capability.ts'
import { notificationSizes, seccompProgram } from '../args/bpf/filter-program.ts'
import { flags, oneOf } from '../args/flags.ts'
import { keyctl2, keyctl3, keyctl4, keyctl5 } from '../args/security/keyctl.ts'
import { key } from '../args/security/keys.ts'
import { netPort, pathBeneath, rulesetAttributes, rulesetResult } from '../args/security/landlock.ts'
import { contextIn, contextsOut, moduleIds, roomSize } from '../args/security/lsm.ts'
import { text } from '../args/path.ts'
import { pointerTo, resultIn } from '../args/pointer.ts'
import { decimal } from '../args/returns.ts'
import { address, fd, hexUint, size, uint, word } from '../args/scalar.ts'
import { switchOn } from '../args/switch.ts'
import { BPF, KEYCTL, SECCOMP, SECCOMP_FILTER } from './constants/process.ts'
import { SECCOMP_RET } from './constants/bpf.ts'
import { LANDLOCK_CREATE, LANDLOCK_RULE } from './constants/landlock.ts'
import { LANDLOCK_ADD, LSM_ATTR, LSM_FLAG } from './constants/security.ts'
import { syscall } from './syscall.ts'

export const security = {
  capget: syscall(125, ['creds'], decimal, { hdrp: capabilityHeader, datap: capabilitiesOut('hdrp') }),
  capset: syscall(126, ['creds'], decimal, { hdrp: capabilityHeader, datap: capabilitiesIn('hdrp') }),
  security: syscall(185, [], decimal, { arg1: word, arg2: word, arg3: word }),
  add_key: syscall(248, [], decimal, {
    type: text,
    description: text,
    payload: bytesIn('plen'),
    plen: size,
    keyring: key,
  }),
  request_key: syscall(249, [], decimal, { type: text, description: text, callout_info: text, dest_keyring: key }),
  keyctl: syscall(250, [], decimal, {
    operation: oneOf(KEYCTL),
    arg2: keyctl2,
    arg3: keyctl3,
    arg4: keyctl4,
    arg5: keyctl5,
  }),
  seccomp: syscall(317, [], decimal, {
    operation: oneOf(SECCOMP, 4, 'SECCOMP_???'),
    flags: switchOn('operation', SECCOMP, { SECCOMP_SET_MODE_FILTER: flags(SECCOMP_FILTER) }, hexUint),
    args: switchOn(
      'operation',
      SECCOMP,
      {
        SECCOMP_SET_MODE_FILTER: pointerTo(seccompProgram),
        SECCOMP_GET_ACTION_AVAIL: pointerTo(oneOf(SECCOMP_RET)),
        SECCOMP_GET_NOTIF_SIZES: resultIn(notificationSizes),
      },
      address,
    ),
  }),
  bpf: syscall(321, ['desc'], bpfResult, { cmd: oneOf(BPF), attr: bpfAttributes, size: uint }),
  landlock_create_ruleset: syscall(444, ['desc'], rulesetResult, {
    attr: rulesetAttributes,
    size,
    flags: flags(LANDLOCK_CREATE),
  }),
  landlock_add_rule: syscall(445, ['desc'], decimal, {
    ruleset_fd: fd,
    rule_type: oneOf(LANDLOCK_RULE),
    rule_attr: switchOn(
      'rule_type',
      LANDLOCK_RULE,
      { LANDLOCK_RULE_PATH_BENEATH: pointerTo(pathBeneath), LANDLOCK_RULE_NET_PORT: pointerTo(netPort) },
      address,
    ),
    flags: flags(LANDLOCK_ADD),
  }),
  landlock_restrict_self: syscall(446, ['desc'], decimal, { ruleset_fd: fd, flags: hexUint }),
  lsm_get_self_attr: syscall(459, [], decimal, {
    attr: oneOf(LSM_ATTR),
    ctx: contextsOut,
    size: roomSize,
    flags: flags(LSM_FLAG),
  }),
  lsm_set_self_attr: syscall(460, [], decimal, { attr: oneOf(LSM_ATTR), ctx: contextIn, size: uint, flags: hexUint }),
  lsm_list_modules: syscall(461, [], decimal, { ids: moduleIds, size: roomSize, flags: hexUint }),
} as const
