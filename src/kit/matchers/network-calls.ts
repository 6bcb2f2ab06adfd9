/** The calls by which a run uses the network. */

/** A descriptor in a call: its argument's name, and its register. */
type Ways = readonly (readonly [argument: string, index: number])[]
const sending: Ways = [
  ['out_fd', 0],
  ['in_fd', 1],
]
const plain: Ways = [['fd', 0]]
/** Calls by which bytes go through descriptors of any kind, and where these are. */
export const transfers: ReadonlyMap<string, Ways> = new Map<string, Ways>([
  ...'read readv preadv2 write writev pwritev2'.split(' ').map((name): [string, Ways] => [name, plain]),
  ['sendfile', sending],
  ['sendfile64', sending],
  [
    'splice',
    [
      ['fd_in', 0],
      ['fd_out', 2],
    ],
  ],
])
/** Calls about nothing but sockets. */
export const socketCalls: ReadonlySet<string> = new Set(
  (
    'socket socketpair connect bind listen accept accept4 sendto sendmsg sendmmsg recvfrom recvmsg recvmmsg ' +
    'recvmmsg_time64 socketcall'
  ).split(' '),
)

/** The calls that a run must have recorded, so that no use of the network can have been missed. */
export const networkUseCalls: readonly string[] = [
  ...socketCalls,
  ...transfers.keys(),
  ...(
    'getsockname getpeername io_submit dup dup2 dup3 fcntl close close_range pidfd_open pidfd_getfd unshare clone clone3 ' +
    'fork vfork'
  ).split(' '),
]
