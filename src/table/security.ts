/** System calls on rights, keys, filters and BPF. */

import { flags, oneOf } from '../args/flags.ts'
import { text } from '../args/path.ts'
import { decimal, newFd } from '../args/returns.ts'
import { fd, hexUint, size, uint, word } from '../args/scalar.ts'
import { todo } from '../args/switch.ts'
import { BPF, KEYCTL, SECCOMP } from './constants/process.ts'
import { LANDLOCK_CREATE, LANDLOCK_RULE } from './constants/landlock.ts'
import { LANDLOCK_ADD, LSM_ATTR, LSM_FLAG } from './constants/security.ts'
import { syscall } from './syscall.ts'

export const security = {
  capget: syscall(125, ['creds'], decimal, { hdrp: todo, datap: todo }),
  capset: syscall(126, ['creds'], decimal, { hdrp: todo, datap: todo }),
  security: syscall(185, [], decimal, { arg1: word, arg2: word, arg3: word }),
  add_key: syscall(248, [], decimal, { type: text, description: text, payload: todo, plen: size, keyring: todo }),
  request_key: syscall(249, [], decimal, { type: text, description: text, callout_info: text, dest_keyring: todo }),
  keyctl: syscall(250, [], decimal, { operation: oneOf(KEYCTL), arg2: todo, arg3: todo, arg4: todo, arg5: todo }),
  seccomp: syscall(317, [], decimal, { operation: oneOf(SECCOMP, 4, 'SECCOMP_???'), flags: hexUint, args: todo }),
  bpf: syscall(321, ['desc'], decimal, { cmd: oneOf(BPF), attr: todo, size: uint }),
  landlock_create_ruleset: syscall(444, ['desc'], newFd, { attr: todo, size, flags: flags(LANDLOCK_CREATE) }),
  landlock_add_rule: syscall(445, ['desc'], decimal, {
    ruleset_fd: fd,
    rule_type: oneOf(LANDLOCK_RULE),
    rule_attr: todo,
    flags: flags(LANDLOCK_ADD),
  }),
  landlock_restrict_self: syscall(446, ['desc'], decimal, { ruleset_fd: fd, flags: hexUint }),
  lsm_get_self_attr: syscall(459, [], decimal, {
    attr: oneOf(LSM_ATTR),
    ctx: todo,
    size: todo,
    flags: flags(LSM_FLAG),
  }),
  lsm_set_self_attr: syscall(460, [], decimal, { attr: oneOf(LSM_ATTR), ctx: todo, size: uint, flags: hexUint }),
  lsm_list_modules: syscall(461, [], decimal, { ids: todo, size: todo, flags: hexUint }),
} as const
