/** The types that scripts/schema.mjs describes as JSON Schema, under names that it can find. */

import type { Args, Out, ProcessEvent, SyscallEvent, SyscallName } from '../index.ts'

export interface Described {
  readonly args: { readonly [Name in SyscallName]: Args<Name> }
  readonly out: { readonly [Name in SyscallName]: Out<Name> }
  /** A call, of which the schema keeps what all calls have. */
  readonly call: SyscallEvent<'getppid'>
  readonly other: ProcessEvent
}
