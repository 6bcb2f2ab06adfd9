/** What ioctl(2) takes of terminals, pipes and descriptors. */

import { TCFLSH, TCXONC, TIOCM } from '../../table/constants/terminal.ts'
import { bytesIn } from '../bytes.ts'
import { flags, oneOf } from '../flags.ts'
import { pointerTo, resultIn } from '../pointer.ts'
import { hex, int, ushort } from '../scalar.ts'
import { field, struct } from '../struct.ts'
import { unused } from '../switch.ts'
import { termio, termios, termios2 } from './termios.ts'

/** struct winsize */
const windowSize = struct(8, {
  ws_row: field(0, ushort),
  ws_col: field(2, ushort),
  ws_xpixel: field(4, ushort),
  ws_ypixel: field(6, ushort),
})

const lines = flags(TIOCM)
const indirect = { indirect: true } as const

export const TERMINALS = {
  TCGETS: resultIn(termios),
  TCSETS: pointerTo(termios),
  TCSETSW: pointerTo(termios),
  TCSETSF: pointerTo(termios),
  TIOCGLCKTRMIOS: resultIn(termios),
  TIOCSLCKTRMIOS: pointerTo(termios),
  TCGETA: resultIn(termio),
  TCSETA: pointerTo(termio),
  TCSETAW: pointerTo(termio),
  TCSETAF: pointerTo(termio),
  TCGETS2: resultIn(termios2),
  TCSETS2: pointerTo(termios2),
  TCSETSW2: pointerTo(termios2),
  TCSETSF2: pointerTo(termios2),
  TIOCGWINSZ: resultIn(windowSize),
  TIOCSWINSZ: pointerTo(windowSize),
  TCXONC: oneOf(TCXONC, 8),
  TCFLSH: oneOf(TCFLSH, 8),
  TCSBRK: int,
  TCSBRKP: int,
  TIOCSCTTY: int,
  TIOCMGET: resultIn(lines, indirect),
  TIOCMBIS: pointerTo(lines, indirect),
  TIOCMBIC: pointerTo(lines, indirect),
  TIOCMSET: pointerTo(lines, indirect),
  TIOCGPGRP: resultIn(int),
  TIOCGSID: resultIn(int),
  TIOCGETD: resultIn(int),
  TIOCGSOFTCAR: resultIn(int),
  TIOCGPTN: resultIn(int),
  TIOCGPTPEER: hex,
  TIOCGEXCL: resultIn(int),
  TIOCGDEV: resultIn(int),
  FIONREAD: resultIn(int),
  TIOCOUTQ: resultIn(int),
  TIOCSPGRP: pointerTo(int),
  TIOCSETD: pointerTo(int),
  TIOCSSOFTCAR: pointerTo(int),
  TIOCSPTLCK: pointerTo(int),
  TIOCPKT: pointerTo(int),
  FIONBIO: pointerTo(int),
  FIOASYNC: pointerTo(int),
  TIOCSTI: bytesIn(1),
  TIOCSBRK: unused,
  TIOCCBRK: unused,
  TIOCCONS: unused,
  TIOCNOTTY: unused,
  TIOCEXCL: unused,
  TIOCNXCL: unused,
  FIOCLEX: unused,
  FIONCLEX: unused,
  TIOCVHANGUP: unused,
  TIOCSSERIAL: unused,
} as const
