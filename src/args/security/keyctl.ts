/** Arguments of keyctl(2), which depend on its operation. */

import { KEY_PERM, KEYCTL_MOVE } from '../../table/constants/keys.ts'
import { KEYCTL } from '../../table/constants/process.ts'
import { bytesIn } from '../bytes.ts'
import { flags } from '../flags.ts'
import { buffersIn } from '../iovec.ts'
import {
  capabilities,
  defaultKeyring,
  dhParameters,
  kdfParameters,
  key,
  keyBytes,
  keyText,
  pkeyIn,
  pkeyInput,
  pkeyOut,
  pkeyOutput,
  publicKey,
  rejection,
} from './keys.ts'
import { text } from '../path.ts'
import { pointerTo, resultIn } from '../pointer.ts'
import { hex, id, int, size, uint } from '../scalar.ts'
import { late, switchOn, unused } from '../switch.ts'

/** Operations with no argument from the third, the fourth or the fifth on. */
const fromThird = {
  KEYCTL_JOIN_SESSION_KEYRING: unused,
  KEYCTL_REVOKE: unused,
  KEYCTL_CLEAR: unused,
  KEYCTL_INVALIDATE: unused,
  KEYCTL_ASSUME_AUTHORITY: unused,
  KEYCTL_SET_REQKEY_KEYRING: unused,
  KEYCTL_SESSION_TO_PARENT: unused,
} as const
const fromFourth = {
  ...fromThird,
  KEYCTL_GET_KEYRING_ID: unused,
  KEYCTL_LINK: unused,
  KEYCTL_UNLINK: unused,
  KEYCTL_SETPERM: unused,
  KEYCTL_SET_TIMEOUT: unused,
  KEYCTL_GET_PERSISTENT: unused,
  KEYCTL_CAPABILITIES: unused,
} as const
const fromFifth = {
  ...fromFourth,
  KEYCTL_UPDATE: unused,
  KEYCTL_DESCRIBE: unused,
  KEYCTL_READ: unused,
  KEYCTL_GET_SECURITY: unused,
  KEYCTL_CHOWN: unused,
  KEYCTL_NEGATE: unused,
  KEYCTL_RESTRICT_KEYRING: unused,
} as const

export const keyctl2 = switchOn(
  'operation',
  KEYCTL,
  {
    KEYCTL_GET_KEYRING_ID: key,
    KEYCTL_JOIN_SESSION_KEYRING: text,
    KEYCTL_UPDATE: key,
    KEYCTL_REVOKE: key,
    KEYCTL_CHOWN: key,
    KEYCTL_SETPERM: key,
    KEYCTL_DESCRIBE: key,
    KEYCTL_CLEAR: key,
    KEYCTL_LINK: key,
    KEYCTL_UNLINK: key,
    KEYCTL_SEARCH: key,
    KEYCTL_READ: key,
    KEYCTL_INSTANTIATE: key,
    KEYCTL_NEGATE: key,
    KEYCTL_SET_REQKEY_KEYRING: defaultKeyring,
    KEYCTL_SET_TIMEOUT: key,
    KEYCTL_ASSUME_AUTHORITY: key,
    KEYCTL_GET_SECURITY: key,
    KEYCTL_SESSION_TO_PARENT: unused,
    KEYCTL_REJECT: key,
    KEYCTL_INSTANTIATE_IOV: key,
    KEYCTL_INVALIDATE: key,
    KEYCTL_GET_PERSISTENT: id,
    KEYCTL_DH_COMPUTE: pointerTo(dhParameters),
    KEYCTL_PKEY_QUERY: key,
    KEYCTL_PKEY_ENCRYPT: pointerTo(pkeyOut),
    KEYCTL_PKEY_DECRYPT: pointerTo(pkeyOut),
    KEYCTL_PKEY_SIGN: pointerTo(pkeyOut),
    KEYCTL_PKEY_VERIFY: pointerTo(pkeyIn),
    KEYCTL_RESTRICT_KEYRING: key,
    KEYCTL_MOVE: key,
    KEYCTL_CAPABILITIES: capabilities,
  },
  hex,
)

export const keyctl3 = switchOn(
  'operation',
  KEYCTL,
  {
    ...fromThird,
    KEYCTL_GET_KEYRING_ID: int,
    KEYCTL_UPDATE: bytesIn('arg4'),
    KEYCTL_CHOWN: id,
    KEYCTL_SETPERM: flags(KEY_PERM),
    KEYCTL_DESCRIBE: keyText('arg4'),
    KEYCTL_LINK: key,
    KEYCTL_UNLINK: key,
    KEYCTL_SEARCH: text,
    KEYCTL_READ: keyBytes('arg4'),
    KEYCTL_INSTANTIATE: bytesIn('arg4'),
    KEYCTL_NEGATE: uint,
    KEYCTL_SET_TIMEOUT: uint,
    KEYCTL_GET_SECURITY: keyText('arg4'),
    KEYCTL_REJECT: uint,
    KEYCTL_INSTANTIATE_IOV: buffersIn('arg4'),
    KEYCTL_GET_PERSISTENT: key,
    KEYCTL_DH_COMPUTE: keyBytes('arg4'),
    KEYCTL_PKEY_QUERY: hex,
    KEYCTL_PKEY_ENCRYPT: text,
    KEYCTL_PKEY_DECRYPT: text,
    KEYCTL_PKEY_SIGN: text,
    KEYCTL_PKEY_VERIFY: text,
    KEYCTL_RESTRICT_KEYRING: text,
    KEYCTL_MOVE: key,
    KEYCTL_CAPABILITIES: size,
  },
  hex,
)

export const keyctl4 = switchOn(
  'operation',
  KEYCTL,
  {
    ...fromFourth,
    KEYCTL_UPDATE: size,
    KEYCTL_CHOWN: id,
    KEYCTL_DESCRIBE: size,
    KEYCTL_SEARCH: text,
    KEYCTL_READ: size,
    KEYCTL_INSTANTIATE: size,
    KEYCTL_NEGATE: key,
    KEYCTL_GET_SECURITY: size,
    KEYCTL_REJECT: rejection,
    KEYCTL_INSTANTIATE_IOV: size,
    KEYCTL_DH_COMPUTE: size,
    KEYCTL_PKEY_QUERY: text,
    KEYCTL_PKEY_ENCRYPT: pkeyInput(4),
    KEYCTL_PKEY_DECRYPT: pkeyInput(4),
    KEYCTL_PKEY_SIGN: pkeyInput(4),
    KEYCTL_PKEY_VERIFY: pkeyInput(4),
    KEYCTL_RESTRICT_KEYRING: text,
    KEYCTL_MOVE: key,
  },
  hex,
)

export const keyctl5 = switchOn(
  'operation',
  KEYCTL,
  {
    ...fromFifth,
    KEYCTL_SEARCH: key,
    KEYCTL_INSTANTIATE: key,
    KEYCTL_REJECT: key,
    KEYCTL_INSTANTIATE_IOV: key,
    KEYCTL_DH_COMPUTE: late(pointerTo(kdfParameters)),
    KEYCTL_PKEY_QUERY: resultIn(publicKey),
    KEYCTL_PKEY_ENCRYPT: pkeyOutput,
    KEYCTL_PKEY_DECRYPT: pkeyOutput,
    KEYCTL_PKEY_SIGN: pkeyOutput,
    KEYCTL_PKEY_VERIFY: pkeyInput(8),
    KEYCTL_MOVE: flags(KEYCTL_MOVE),
  },
  hex,
)
