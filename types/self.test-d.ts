/** What `traceSelf()` gives, by its function and its options. Checked by `tsc`; never run. */

import { traceSelf, type SelfResult, type SyscallName } from '../index.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
declare function same<A, B>(..._: Equal<A, B> extends true ? [] : ['not equal', A, B]): void

const plain = await traceSelf(() => 'text')
same<typeof plain, SelfResult<string, SyscallName>>()
same<typeof plain.value, string>()
same<typeof plain.stdout, undefined>()

const promised = await traceSelf(async () => ({ saved: true }), { threads: 'own', filter: ['fsync', 'openat'] })
same<typeof promised.value, { saved: boolean }>()
// @ts-expect-error -- not in the filter
promised.syscalls('write')

const denied = await traceSelf(() => {}, { filter: 'fsync', deny: 'unlink' })
denied.syscalls('fsync', 'unlink')

// @ts-expect-error -- handlers cannot decide in a process that is stopped
await traceSelf(() => {}, { intercept: { connect() {} } })
// @ts-expect-error -- it ends when the function does
await traceSelf(() => {}, { timeout: 1000 })
// @ts-expect-error -- a function, not its result
await traceSelf(7)
