/** What the table's declarations give as types. Checked by tsc alone. */

import type { Unread } from '../src/args/arg.ts'
import { bytesOut } from '../src/args/bytes.ts'
import type { Data } from '../src/args/data.ts'
import { flags, oneOf, type Flags } from '../src/args/flags.ts'
import { decimal } from '../src/args/returns.ts'
import { fd, int, mode, size } from '../src/args/scalar.ts'
import { onlyIf, switchOn } from '../src/args/switch.ts'
import { F, O } from '../src/table/constants/file.ts'
import type { Args, Out, SyscallName } from '../src/table/index.ts'
import { syscall } from '../src/table/syscall.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
type Expect<T extends true> = T

type Wide = number | bigint

export type Cases = [
  Expect<Equal<Args<'close'>, { readonly fd: number }>>,
  Expect<Equal<Args<'read'>, { readonly fd: number; readonly count: Wide }>>,
  Expect<Equal<Out<'read'>, { readonly buf: Data | Unread | null }>>,
  Expect<Equal<Args<'write'>, { readonly fd: number; readonly buf: Data | Unread | null; readonly count: Wide }>>,
  Expect<Equal<Out<'write'>, {}>>,
  Expect<Equal<Args<'openat'>['dirfd'], number | 'AT_FDCWD'>>,
  Expect<Equal<Args<'openat'>['pathname'], string | Unread>>,
  Expect<Equal<Args<'openat'>['mode'], number | undefined>>,
  Expect<Equal<Args<'pipe2'>, { readonly flags: Flags<keyof typeof O.values> }>>,
  Expect<Equal<Out<'pipe2'>['pipefd'], readonly number[] | Unread | null>>,
  Expect<Equal<Extract<SyscallName, 'openat' | 'no_such_call'>, 'openat'>>,
  Expect<Equal<Extract<Args<'fcntl'>, { readonly op: 'F_DUPFD' }>['arg'], number>>,
  Expect<Equal<Extract<Args<'fcntl'>, { readonly op: 'F_ADD_SEALS' }>['arg']['names'][number], SealNames>>,
]

type SealNames =
  | 'F_SEAL_SEAL'
  | 'F_SEAL_SHRINK'
  | 'F_SEAL_GROW'
  | 'F_SEAL_WRITE'
  | 'F_SEAL_FUTURE_WRITE'
  | 'F_SEAL_EXEC'

/** The operation tells what the argument is. */
export function narrowed(args: Args<'fcntl'>): boolean | number {
  if (args.op === 'F_SETFL') return args.arg.has('O_NONBLOCK')
  if (args.op === 'F_DUPFD') return args.arg
  // @ts-expect-error other operations have other arguments
  return args.arg.has('O_NONBLOCK')
}

// A length may name an argument of its row only.
syscall(0, ['desc'], decimal, { fd, buf: bytesOut('count'), count: size })
// @ts-expect-error no argument is named cuont
syscall(0, ['desc'], decimal, { fd, buf: bytesOut('cuont'), count: size })
// @ts-expect-error no argument is named flags
syscall(2, ['file'], decimal, { mode: onlyIf('flags', () => true, mode) })
// @ts-expect-error no argument is named op
syscall(72, ['desc'], decimal, { fd, arg: switchOn('op', F, { F_DUPFD: int }, size) })
syscall(72, ['desc'], decimal, { fd, op: oneOf(F), arg: switchOn('op', F, { F_DUPFD: int }, size) })
// @ts-expect-error no class is called that
syscall(0, ['descriptors'], decimal, {})
// @ts-expect-error F_DUPFDD is no operation of fcntl
switchOn('op', F, { F_DUPFDD: int }, size)
// @ts-expect-error O_CLOEXC is no flag of open
void (flags(O).read?.toString() === 'O_CLOEXEC' && ({} as Flags<keyof typeof O.values>).has('O_CLOEXC'))
