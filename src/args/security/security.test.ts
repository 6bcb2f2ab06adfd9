/** Outcomes that few machines can be brought to: calls on security modules, keys and BPF that succeed. */

import test from 'ava'
import { callRecord, type CallSpec, type CaptureSpec } from '../../../__test__/records.ts'
import { decodeChunk } from '../../decode.ts'
import type { SyscallEvent } from '../../events.ts'
import { eventText } from '../../text/line.ts'
import type { TextOptions } from '../../text/options.ts'

const P = 0x7ffe_0000_1000n
const FAULT = 2
const FAILED = 1

function event(spec: CallSpec): SyscallEvent {
  const [found] = decodeChunk(callRecord(spec))
  if (found === undefined) throw new Error('no call')
  return found as object as SyscallEvent
}

function text(spec: CallSpec, options: TextOptions = {}): string {
  return eventText(event(spec), { columns: 0, ...options })
}

const longs = (...numbers: readonly (number | bigint)[]): Uint8Array =>
  new Uint8Array(BigInt64Array.from(numbers.map((number) => BigInt.asIntN(64, BigInt(number)))).buffer)
const ints = (...numbers: readonly number[]): Uint8Array => new Uint8Array(Int32Array.from(numbers).buffer)
const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts))

const GET = 459
const APPARMOR = 104
const SELINUX = 101

/** lsm_get_self_attr with these bytes as its result. */
function attributes(contexts: Uint8Array, size: number, flags = 0, captured: Partial<CaptureSpec> = {}): CallSpec {
  return {
    nr: GET,
    args: [100, P, P + 0x800n, flags],
    result: 1,
    captures: [
      { key: 1, bytes: longs(APPARMOR, 0, 0, 0) },
      { key: 1, phase: 1, bytes: contexts, ...captured },
      { key: 2, bytes: ints(256) },
      { key: 2, phase: 1, bytes: ints(size) },
    ],
  }
}

const first = joined(longs(APPARMOR, 0, 40, 3), Buffer.from('abc\0\0\0\0\0'))
const second = joined(longs(SELINUX, 5, 34, 2), Buffer.from('xy'))

test('contexts of security modules lie one behind the other', (t) => {
  const spec = attributes(joined(first, second), 74)
  t.is(
    text(spec),
    'lsm_get_self_attr(LSM_ATTR_CURRENT, [{id=LSM_ID_APPARMOR, flags=0, len=40, ctx_len=3, ctx="\\x61\\x62\\x63"}, ' +
      '{id=LSM_ID_SELINUX, flags=0x5, len=34, ctx_len=2, ctx="\\x78\\x79"}], [256 => 74], 0) = 1',
  )
  const { out } = event(spec)
  t.is(
    JSON.stringify(out)
      .match(/LSM_ID_\w+/gu)
      ?.join(),
    'LSM_ID_APPARMOR,LSM_ID_SELINUX',
  )
})

test('the context of one security module is what was asked for and what came back', (t) => {
  t.is(
    text(attributes(second, 34, 1)),
    'lsm_get_self_attr(LSM_ATTR_CURRENT, {id=LSM_ID_APPARMOR} => [{id=LSM_ID_SELINUX, flags=0x5, len=34, ctx_len=2, ' +
      'ctx="\\x78\\x79"}], [256 => 34], LSM_FLAG_SINGLE) = 1',
  )
})

test('a context that says it is longer than all ends at the end', (t) => {
  const long = joined(longs(SELINUX, 0, -1, -1), Buffer.from('xy'))
  t.is(
    text(attributes(long, 34), { stringLimit: 1 }),
    'lsm_get_self_attr(LSM_ATTR_CURRENT, [{id=LSM_ID_SELINUX, flags=0, len=18446744073709551615, ' +
      'ctx_len=18446744073709551615, ctx="\\x78"...}], [256 => 34], 0) = 1',
  )
})

test('where the next context cannot be read is its address', (t) => {
  t.is(
    text(attributes(first, 97, 0, { status: FAULT })),
    'lsm_get_self_attr(LSM_ATTR_CURRENT, [{id=LSM_ID_APPARMOR, flags=0, len=40, ctx_len=3, ctx="\\x61\\x62\\x63"}, ' +
      '... /* 0x7ffe00001028 */], [256 => 97], 0) = 1',
  )
  t.is(
    text(attributes(longs(SELINUX, 0, 33, 1), 33, 0, { status: FAULT })),
    'lsm_get_self_attr(LSM_ATTR_CURRENT, [{id=LSM_ID_SELINUX, flags=0, len=33, ctx_len=1, ctx=0x7ffe00001020}], ' +
      '[256 => 33], 0) = 1',
  )
})

const KEYCTL = 250

test('what keyctl computes is as long as the call says, and no longer than its room', (t) => {
  const dh = (result: number): CallSpec => ({
    nr: KEYCTL,
    args: [23, P, P + 0x100n, 4, 0],
    result,
    captures: [
      { key: 1, bytes: ints(1, 2, -2) },
      { key: 2, phase: 1, bytes: 'shared', wanted: 4 },
    ],
  })
  const start = 'keyctl(KEYCTL_DH_COMPUTE, {private=1, prime=2, base=KEY_SPEC_PROCESS_KEYRING}'
  t.is(text(dh(3)).slice(0, start.length + 7), `${start}, "sha"`)
  t.is(text({ ...dh(-22), flags: FAILED }), `${start}, 0x7ffe00001100, 4, NULL) = -1 EINVAL (Invalid argument)`)
})

test('what keyctl signs and what it tells of a public key', (t) => {
  const sign: CallSpec = {
    nr: KEYCTL,
    args: [27, P, P + 0x100n, P + 0x200n, P + 0x300n],
    result: 2,
    captures: [
      { key: 1, bytes: ints(7, 3, 4, 0, 0, 0, 0, 0, 0, 9) },
      { key: 2, bytes: 'enc=raw' },
      { key: 3, bytes: 'abc' },
      { key: 4, phase: 1, bytes: 'sig!' },
    ],
  }
  t.is(
    text(sign),
    'keyctl(KEYCTL_PKEY_SIGN, {key_id=7, in_len=3, out_len=4, __spare=[0, 0, 0, 0, 0, 0, 0x9]}, "enc=raw", "abc", "sig!") = 2',
  )
  const query: CallSpec = {
    nr: KEYCTL,
    args: [24, 7, 0, P, P + 0x100n],
    result: 0,
    captures: [
      { key: 3, bytes: '' },
      { key: 4, phase: 1, bytes: joined(ints(0xc, 2048, 0x100_0100, 0x100_0100), new Uint8Array(40)) },
    ],
  }
  t.is(
    text(query),
    'keyctl(KEYCTL_PKEY_QUERY, 7, 0, "", {supported_ops=KEYCTL_SUPPORTS_SIGN|KEYCTL_SUPPORTS_VERIFY, key_size=2048, ' +
      'max_data_size=256, max_sig_size=256, max_enc_size=256, max_dec_size=256}) = 0',
  )
})

test('a segment that gets a number', (t) => {
  const segment = (entry: number): Uint8Array => ints(entry, 0x1000, 0xfffff, 0x51)
  const rest = 'base_addr=0x001000, limit=0x0fffff, seg_32bit=1, contents=0, read_exec_only=0, limit_in_pages=1'
  const end = 'seg_not_present=0, useable=1, lm=0'
  const captures = [
    { key: 0, bytes: segment(-1) },
    { key: 0, phase: 1, bytes: segment(12) },
  ] as const
  t.is(
    text({ nr: 205, args: [P], result: 0, captures }),
    `set_thread_area({entry_number=-1, ${rest}, ${end}}) = 0 (entry_number=12)`,
  )
  t.is(
    text({ nr: 211, args: [P], result: 0, captures: [{ key: 0, bytes: segment(12) }, captures[1]] }),
    `get_thread_area({entry_number=12, ${rest}, ${end}}) = 0`,
  )
})

const BPF = 321

test('programs that are attached', (t) => {
  const query = (count: number): Uint8Array => joined(ints(3, 1, 0, 0), longs(P, count, P, 0, 0, 7))
  const spec: CallSpec = {
    nr: BPF,
    args: [16, P, 64],
    result: 0,
    captures: [
      { key: 1, bytes: query(8) },
      {
        key: 1,
        phase: 1,
        bytes: query(2),
        children: [
          { key: 0, phase: 1, bytes: ints(11, 12) },
          { key: 2, phase: 1, bytes: ints(0, 2) },
        ],
      },
    ],
  }
  t.is(
    text(spec),
    'bpf(BPF_PROG_QUERY, {query={target_fd=3, attach_type=BPF_CGROUP_INET_EGRESS, query_flags=0, attach_flags=0, ' +
      'prog_ids=[11, 12], prog_cnt=8 => 2, prog_attach_flags=[0, BPF_F_ALLOW_MULTI], link_ids=NULL, ' +
      'link_attach_flags=NULL, revision=0x7}}, 64) = 0',
  )
})

test('what a descriptor of another process is attached to', (t) => {
  const query = (room: number, program: number): Uint8Array =>
    joined(ints(1, 3, 0, room), longs(P), ints(program, 2), longs(0x10, 0x20))
  const spec: CallSpec = {
    nr: BPF,
    args: [20, P, 48],
    result: 0,
    captures: [
      { key: 1, bytes: query(16, 0) },
      { key: 1, phase: 1, bytes: query(4, 5), children: [{ key: 0, phase: 1, bytes: 'open\0' }] },
    ],
  }
  t.is(
    text(spec),
    'bpf(BPF_TASK_FD_QUERY, {task_fd_query={pid=1, fd=3, flags=0, buf_len=16 => 4, buf="open"..., prog_id=5, ' +
      'fd_type=BPF_FD_TYPE_KPROBE, probe_offset=0x10, probe_addr=0x20}}, 48) = 0',
  )
})
