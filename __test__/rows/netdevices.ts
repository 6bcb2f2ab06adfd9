/** ioctl(2) on sockets: network interfaces. */

import { IFF } from '../../src/table/constants/devices.ts'
import { IOCTL } from '../../src/table/constants/ioctl.ts'
import { AF } from '../../src/table/constants/net.ts'
import { it, net16, net32, LOCALHOST, socket } from './addresses.ts'
import { family } from './check.ts'
import { block, bytes, room, u16, u32, u64, u8, zeros, type Part } from './script.ts'
import { given, got, refused } from './ttys.ts'

const requests = IOCTL.values
const { AF_INET } = AF.values
const { IFF_UP, IFF_LOOPBACK } = IFF.values

const name = (text: string): readonly Part[] => [bytes(text), zeros(16 - text.length)]
const internet = (address: number): readonly Part[] => [u16(AF_INET), net16(0), net32(address), zeros(8)]
const localhost = { sa_family: 'AF_INET', sin_port: 0, sin_addr: '127.0.0.1' }
const localhostText = '{sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("127.0.0.1")}'

export const netdevices = family(
  {},
  {
    before: socket(AF_INET),
    call: ['ioctl', it, requests.SIOCGIFFLAGS, block([...name('lo'), zeros(24)])],
    args: { fd: 3, op: 'SIOCGIFFLAGS', argp: { ifr_name: 'lo' } },
    out: { argp: { ifr_flags: (flags: unknown) => Array.isArray(flags) && flags.includes('IFF_LOOPBACK') } },
    returned: 0,
    text: 'ioctl(3, SIOCGIFFLAGS, {ifr_name="lo", ifr_flags=…IFF_LOOPBACK…}) = 0',
  },
  {
    before: socket(AF_INET),
    call: ['ioctl', it, requests.SIOCGIFFLAGS, block([...name('none'), zeros(24)])],
    error: 'ENODEV',
    args: { argp: { ifr_name: 'none' } },
    text: 'ioctl(3, SIOCGIFFLAGS, {ifr_name="none"}) = -1 ENODEV (No such device)',
  },
  {
    before: socket(AF_INET),
    call: ['ioctl', it, requests.SIOCGIFINDEX, block([...name('lo'), zeros(24)])],
    out: { argp: { ifr_ifindex: 1 } },
    returned: 0,
    text: 'ioctl(3, SIOCGIFINDEX, {ifr_name="lo", ifr_ifindex=1}) = 0',
  },
  {
    before: socket(AF_INET),
    call: ['ioctl', it, requests.SIOCGIFNAME, block([zeros(16), u32(1), zeros(20)])],
    args: { argp: { ifr_ifindex: 1 } },
    out: { argp: { ifr_name: 'lo' } },
    returned: 0,
    text: 'ioctl(3, SIOCGIFNAME, {ifr_ifindex=1, ifr_name="lo"}) = 0',
  },
  {
    before: socket(AF_INET),
    call: ['ioctl', it, requests.SIOCGIFHWADDR, block([...name('lo'), zeros(24)])],
    out: { argp: { ifr_hwaddr: { sa_family: 'ARPHRD_LOOPBACK', sa_data: '00:00:00:00:00:00' } } },
    returned: 0,
    text:
      'ioctl(3, SIOCGIFHWADDR, {ifr_name="lo", ifr_hwaddr={sa_family=ARPHRD_LOOPBACK, ' +
      'sa_data=00:00:00:00:00:00}}) = 0',
  },
  got(
    'SIOCGIFADDR',
    [...name('lo'), ...internet(LOCALHOST), zeros(8)],
    { ifr_addr: localhost },
    `{ifr_name="lo", ifr_addr=${localhostText}}`,
  ),
  given(
    'SIOCSIFNETMASK',
    [...name('eth0'), ...internet(0xffff_ff00), zeros(8)],
    { ifr_name: 'eth0', ifr_netmask: { sa_family: 'AF_INET', sin_addr: '255.255.255.0' } },
    '{ifr_name="eth0", ifr_netmask={sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("255.255.255.0")}}',
  ),
  given(
    'SIOCSIFFLAGS',
    [...name('eth0'), u16(IFF_UP | IFF_LOOPBACK), zeros(22)],
    { ifr_name: 'eth0', ifr_flags: ['IFF_UP', 'IFF_LOOPBACK'] },
    '{ifr_name="eth0", ifr_flags=IFF_UP|IFF_LOOPBACK}',
  ),
  given(
    'SIOCSIFHWADDR',
    [...name('eth0'), u16(1), bytes(Uint8Array.of(2, 0, 0x5e, 1, 2, 3)), zeros(16)],
    { ifr_hwaddr: { sa_family: 'ARPHRD_ETHER', sa_data: '02:00:5e:01:02:03' } },
    '{ifr_name="eth0", ifr_hwaddr={sa_family=ARPHRD_ETHER, sa_data=02:00:5e:01:02:03}}',
  ),
  got('SIOCGIFMTU', [...name('lo'), u32(65_536), zeros(20)], { ifr_mtu: 65_536 }, '{ifr_name="lo", ifr_mtu=65536}'),
  given(
    'SIOCSIFNAME',
    [...name('eth0'), ...name('lan'), zeros(8)],
    { ifr_name: 'eth0', ifr_newname: 'lan' },
    '{ifr_name="eth0", ifr_newname="lan"}',
  ),
  got(
    'SIOCGIFMAP',
    [...name('eth0'), u64(0x1000), u64(0x2000), u16(0x300), u8(9), u8(0), u8(1), zeros(3)],
    { ifr_map: { mem_start: 0x1000, mem_end: 0x2000, base_addr: 0x300, irq: 9, dma: 0, port: 1 } },
    '{ifr_name="eth0", ifr_map={mem_start=0x1000, mem_end=0x2000, base_addr=0x300, irq=0x9, dma=0, port=0x1}}',
  ),
  refused('SIOCGIFMAP', [...name('eth0'), zeros(24)], 'SIOCGIFMAP, {ifr_name="eth0"}', { ifr_name: 'eth0' }),
  given('SIOCBRADDBR', name('br0'), 'br0', '"br0"'),
  given('SIOCBRADDIF', [zeros(16), u32(1), zeros(20)], { ifr_ifindex: 1 }, '{ifr_ifindex=if_nametoindex("lo")}'),
  got('SIOCATMARK', [u32(1)], 1, '[1]'),
  given('FIOSETOWN', [u32(-5)], -5, '[-5]'),
  got(
    'SIOCGIFCONF',
    [
      u32(80),
      u32(0),
      u64(block([...name('lo'), ...internet(LOCALHOST), zeros(8), ...name('a'), ...internet(1), zeros(8)])),
    ],
    {
      ifc_len: 80,
      ifc_buf: [
        { ifr_name: 'lo', ifr_addr: localhost },
        { ifr_name: 'a', ifr_addr: { sa_family: 'AF_INET', sin_addr: '0.0.0.1' } },
      ],
    },
    `{ifc_len=80 /* 2 * sizeof(struct ifreq) */, ifc_buf=[{ifr_name="lo", ifr_addr=${localhostText}}, ` +
      '{ifr_name="a", ifr_addr={sa_family=AF_INET, sin_port=htons(0), sin_addr=inet_addr("0.0.0.1")}}]}',
  ),
  {
    before: [...socket(AF_INET)],
    call: ['ioctl', it, requests.SIOCGIFCONF, block([u32(200), u32(0), u64(0)])],
    args: { argp: { ifc_len: 200, ifc_buf: null } },
    out: { argp: { ifc_len: (length: unknown) => Number(length) % 40 === 0, ifc_buf: null } },
    returned: 0,
    text: 'ioctl(3, SIOCGIFCONF, {ifc_len=…, ifc_buf=NULL}) = 0',
  },
  refused('SIOCGIFCONF', [u32(41), u32(0), u64(room(40))], 'SIOCGIFCONF, {ifc_len=41, ifc_buf=0x…}', { ifc_len: 41 }),
  refused('SIOCETHTOOL', [], 'SIOCETHTOOL, 0x…'),
)
