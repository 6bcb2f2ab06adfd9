/** struct __sysctl_args, of a call that kernels had until 5.5. */

import { address, int, size } from '../scalar.ts'
import { field, struct } from '../struct.ts'

export const sysctlArguments = struct(80, {
  name: field(0, address),
  nlen: field(8, int),
  oldval: field(16, address),
  oldlenp: field(24, address),
  newval: field(32, address),
  newlen: field(40, size),
})
