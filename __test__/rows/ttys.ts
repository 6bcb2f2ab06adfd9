/** ioctl(2) on terminals, pipes and descriptors. */

import { IOCTL } from '../../src/table/constants/ioctl.ts'
import { O, O_ACCESS } from '../../src/table/constants/file.ts'
import { family, type Case } from './check.ts'
import { pretended } from './pretend.ts'
import { block, bytes, intAt, result, room, string, u16, u32, u8, zeros, type Call, type Part } from './script.ts'

const requests = IOCTL.values

/** A pseudoterminal's both ends: 3 and 4. */
const terminal: readonly Call[] = [
  ['open', string('/dev/ptmx'), O_ACCESS.values.O_RDWR | O.values.O_NOCTTY, 0],
  ['ioctl', result(0), requests.TIOCSPTLCK, block([u32(0)])],
  ['ioctl', result(0), requests.TIOCGPTPEER, O_ACCESS.values.O_RDWR | O.values.O_NOCTTY],
]
const main = result(0)
const peer = result(2)
const pipe: readonly Call[] = [
  ['pipe', room(8, 'pipe')],
  ['write', intAt('pipe', 4), string('hello'), 5],
]

/** btrfs had some requests before other file systems had them; strace names both. */
const BTRFS: { readonly [Name in keyof typeof requests]?: string } = {
  FICLONERANGE: 'BTRFS_IOC_CLONE_RANGE or FICLONERANGE',
  FIDEDUPERANGE: 'BTRFS_IOC_FILE_EXTENT_SAME or FIDEDUPERANGE',
}

/** What goes in with a request, for a call that changes nothing. */
export function given(op: keyof typeof requests, parts: readonly Part[], argp: unknown, text: string): Case<'ioctl'> {
  return {
    before: pretended('ioctl'),
    call: ['ioctl', 1, requests[op], block(parts)],
    args: { fd: 1, op, argp },
    returned: 0,
    text: `ioctl(1, ${BTRFS[op] ?? op}, ${text}) = 0`,
  }
}

/** What comes back. */
export function got(op: keyof typeof requests, parts: readonly Part[], argp: unknown, text: string): Case<'ioctl'> {
  return {
    before: pretended('ioctl'),
    call: ['ioctl', 1, requests[op], block(parts)],
    args: { fd: 1, op },
    out: { argp },
    returned: 0,
    text: `ioctl(1, ${BTRFS[op] ?? op}, ${text}) = 0`,
  }
}

/** The request fails, and what it would have given is where its address is. */
export function refused(
  op: keyof typeof requests,
  parts: readonly Part[],
  text: string,
  argp?: unknown,
): Case<'ioctl'> {
  return {
    call: ['ioctl', -1, requests[op], block(parts)],
    error: 'EBADF',
    args: { fd: -1, ...(argp === undefined ? {} : { argp }) },
    text: `ioctl(-1, ${text}) = -1 EBADF (Bad file descriptor)`,
  }
}

/** struct termios: of a terminal that is as most are. */
const settings: readonly Part[] = [
  ...[0x0500, 0x0005, 0x0bf, 0x8a3b].map(u32),
  u8(0),
  bytes(Uint8Array.of(3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0)),
]
const settingsText =
  '{c_iflag=ICRNL|IXON, c_oflag=NL0|CR0|TAB0|BS0|VT0|FF0|OPOST|ONLCR, c_cflag=B38400|CS8|CREAD, ' +
  'c_lflag=ISIG|ICANON|ECHO|ECHOE|ECHOK|IEXTEN|ECHOCTL|ECHOKE'
const settingsValue = {
  c_iflag: ['ICRNL', 'IXON'],
  c_oflag: ['NL0', 'CR0', 'TAB0', 'BS0', 'VT0', 'FF0', 'OPOST', 'ONLCR'],
  c_cflag: ['B38400', 'CS8', 'CREAD'],
  c_lflag: ['ISIG', 'ICANON', 'ECHO', 'ECHOE', 'ECHOK', 'IEXTEN', 'ECHOCTL', 'ECHOKE'],
  c_line: 'N_TTY',
  c_cc: [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0, 0, 0],
}

export const ttys = family(
  {},
  {
    before: terminal,
    call: ['ioctl', peer, requests.TCGETS, room(36)],
    args: { fd: 4, op: 'TCGETS' },
    out: { argp: settingsValue },
    returned: 0,
    text: `ioctl(4, TCGETS, ${settingsText}, ...}) = 0`,
  },
  {
    before: terminal,
    call: ['ioctl', peer, requests.TCSETSF, block(settings)],
    args: { op: 'TCSETSF', argp: settingsValue },
    returned: 0,
    style: { abbreviate: false },
    text:
      `ioctl(4, TCSETSF, ${settingsText}, c_line=N_TTY, c_cc=[[VINTR]=0x3, [VQUIT]=0x1c, [VERASE]=0x7f, [VKILL]=0x15, ` +
      '[VEOF]=0x4, [VTIME]=0, [VMIN]=0x1, [VSWTC]=0, [VSTART]=0x11, [VSTOP]=0x13, [VSUSP]=0x1a, [VEOL]=0, [VREPRINT]=0x12, ' +
      '[VDISCARD]=0xf, [VWERASE]=0x17, [VLNEXT]=0x16, [VEOL2]=0, [17]=0, [18]=0]}) = 0',
  },
  {
    before: pipe,
    call: ['ioctl', intAt('pipe'), requests.TCGETS, room(36)],
    error: 'ENOTTY',
    args: { fd: 3, op: 'TCGETS' },
    text: 'ioctl(3, TCGETS, 0x…) = -1 ENOTTY (Inappropriate ioctl for device)',
  },
  refused('TCSETS', settings, `SNDCTL_TMR_START or TCSETS, ${settingsText}, ...}`, settingsValue),
  got(
    'TCGETS2',
    [...settings, zeros(0), u32(9600), u32(115_200)],
    { ...settingsValue, c_ispeed: 9600, c_ospeed: 115_200 },
    `${settingsText}, ...}`,
  ),
  refused('TCGETS2', [zeros(44)], 'TCGETS2, 0x…'),
  given(
    'TCSETA',
    [...[0x500, 5, 0xbf, 0x8a3b].map(u16), u8(1), bytes(Uint8Array.of(3, 28, 127, 21, 4, 0, 1, 0)), u8(0)],
    { ...settingsValue, c_line: 'N_SLIP', c_cc: [3, 28, 127, 21, 4, 0, 1, 0] },
    `${settingsText}, ...}`,
  ),
  refused('TCGETA', [zeros(18)], 'TCGETA, 0x…'),
  {
    before: terminal,
    call: ['ioctl', peer, requests.TIOCSWINSZ, block([25, 80, 640, 480].map(u16))],
    args: { op: 'TIOCSWINSZ', argp: { ws_row: 25, ws_col: 80, ws_xpixel: 640, ws_ypixel: 480 } },
    returned: 0,
    text: 'ioctl(4, TIOCSWINSZ, {ws_row=25, ws_col=80, ws_xpixel=640, ws_ypixel=480}) = 0',
  },
  {
    before: [...terminal, ['ioctl', main, requests.TIOCSWINSZ, block([25, 80, 640, 480].map(u16))]],
    call: ['ioctl', peer, requests.TIOCGWINSZ, room(8)],
    out: { argp: { ws_row: 25, ws_col: 80, ws_xpixel: 640, ws_ypixel: 480 } },
    returned: 0,
    text: 'ioctl(4, TIOCGWINSZ, {ws_row=25, ws_col=80, ws_xpixel=640, ws_ypixel=480}) = 0',
  },
  refused('TIOCGWINSZ', [zeros(8)], 'TIOCGWINSZ, 0x…'),
  {
    before: terminal,
    call: ['ioctl', peer, requests.TIOCGPGRP, room(4)],
    error: 'ENOTTY',
    text: 'ioctl(4, TIOCGPGRP, 0x…) = -1 ENOTTY (Inappropriate ioctl for device)',
  },
  {
    before: terminal,
    call: ['ioctl', main, requests.TIOCGPTN, room(4)],
    out: { argp: (number: unknown) => typeof number === 'number' },
    returned: 0,
    text: 'ioctl(3, TIOCGPTN, […]) = 0',
  },
  {
    before: terminal,
    call: ['ioctl', main, requests.TIOCPKT, block([u32(1)])],
    args: { op: 'TIOCPKT', argp: 1 },
    returned: 0,
    text: 'ioctl(3, TIOCPKT, [1]) = 0',
  },
  {
    before: terminal,
    call: ['ioctl', peer, requests.TCFLSH, 2],
    args: { op: 'TCFLSH', argp: 'TCIOFLUSH' },
    returned: 0,
    text: 'ioctl(4, TCFLSH, TCIOFLUSH) = 0',
  },
  {
    before: terminal,
    call: ['ioctl', peer, requests.TCXONC, 9],
    error: 'EINVAL',
    args: { argp: '0x9' },
    text: 'ioctl(4, TCXONC, 0x9 /* TC??? */) = -1 EINVAL (Invalid argument)',
  },
  {
    before: terminal,
    call: ['ioctl', peer, requests.TIOCEXCL, 0],
    args: { op: 'TIOCEXCL' },
    returned: 0,
    text: 'ioctl(4, TIOCEXCL) = 0',
  },
  given('TIOCMSET', [u32(0x4006)], ['TIOCM_DTR', 'TIOCM_RTS', 'TIOCM_OUT2'], '[TIOCM_DTR|TIOCM_RTS|TIOCM_OUT2]'),
  got('TIOCMGET', [u32(0x10_0002)], ['TIOCM_DTR', '0x100000'], '[TIOCM_DTR|0x100000]'),
  refused('TIOCMGET', [u32(0)], 'TIOCMGET, 0x…'),
  given('TIOCSTI', [bytes('\n')], '\n', '"\\n"'),
  refused('TIOCSTI', [bytes('xy')], 'TIOCSTI, "x"', 'x'),
  {
    call: ['ioctl', -1, requests.TCSBRKP, 3],
    error: 'EBADF',
    args: { op: 'TCSBRKP', argp: 3 },
    text: 'ioctl(-1, TCSBRKP, 3) = -1 EBADF (Bad file descriptor)',
  },
  {
    before: pipe,
    call: ['ioctl', intAt('pipe'), requests.FIONREAD, room(4)],
    args: { fd: 3, op: 'FIONREAD' },
    out: { argp: 5 },
    returned: 0,
    text: 'ioctl(3, FIONREAD, [5]) = 0',
  },
  {
    before: pipe,
    call: ['ioctl', intAt('pipe'), requests.FIONBIO, block([u32(1)])],
    args: { op: 'FIONBIO', argp: 1 },
    returned: 0,
    text: 'ioctl(3, FIONBIO, [1]) = 0',
  },
  {
    before: pipe,
    call: ['ioctl', intAt('pipe'), requests.FIOCLEX, 0],
    args: { op: 'FIOCLEX' },
    returned: 0,
    text: 'ioctl(3, FIOCLEX) = 0',
  },
  {
    call: ['ioctl', -1, 0x8100_4506, 0x10],
    error: 'EBADF',
    args: { op: '0x81004506', argp: 0x10 },
    text: 'ioctl(-1, EVIOCGNAME(256), 0x10) = -1 EBADF (Bad file descriptor)',
  },
  {
    call: ['ioctl', -1, 0x8004_4d0d, 0x10],
    error: 'EBADF',
    text: 'ioctl(-1, MIXER_READ(13) or OTPSELECT, 0x10) = -1 EBADF (Bad file descriptor)',
  },
  {
    call: ['ioctl', -1, 0xdead_beef, 0x1234_5678_9abc],
    error: 'EBADF',
    args: { op: '0xdeadbeef', argp: 0x1234_5678_9abc },
    text: 'ioctl(-1, _IOC(_IOC_READ|_IOC_WRITE, 0xbe, 0xef, 0x1ead), 0x123456789abc) = -1 EBADF (Bad file descriptor)',
  },
)
