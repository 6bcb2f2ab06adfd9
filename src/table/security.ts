/** System calls: security. */

import { decimal } from '../args/returns.ts'
import { fd, size } from '../args/scalar.ts'
import { todo } from '../args/switch.ts'
import { syscall } from './syscall.ts'

export const security = {
  capget: syscall(125, ['creds'], decimal, { hdrp: todo, datap: todo }),
  capset: syscall(126, ['creds'], decimal, { hdrp: todo, datap: todo }),
  security: syscall(185, [], decimal, { arg1: todo, arg2: todo, arg3: todo }),
  add_key: syscall(248, [], decimal, { type: todo, description: todo, payload: todo, plen: size, keyring: todo }),
  request_key: syscall(249, [], decimal, { type: todo, description: todo, callout_info: todo, dest_keyring: todo }),
  keyctl: syscall(250, [], decimal, { operation: todo, arg2: todo, arg3: todo, arg4: todo, arg5: todo }),
  seccomp: syscall(317, [], decimal, { operation: todo, flags: todo, args: todo }),
  bpf: syscall(321, ['desc'], decimal, { cmd: todo, attr: todo, size: todo }),
  landlock_create_ruleset: syscall(444, ['desc'], decimal, { attr: todo, size, flags: todo }),
  landlock_add_rule: syscall(445, ['desc'], decimal, { ruleset_fd: fd, rule_type: todo, rule_attr: todo, flags: todo }),
  landlock_restrict_self: syscall(446, ['desc'], decimal, { ruleset_fd: fd, flags: todo }),
  lsm_get_self_attr: syscall(459, [], decimal, { attr: todo, ctx: todo, size: todo, flags: todo }),
  lsm_set_self_attr: syscall(460, [], decimal, { attr: todo, ctx: todo, size: todo, flags: todo }),
  lsm_list_modules: syscall(461, [], decimal, { ids: todo, size: todo, flags: todo }),
} as const
