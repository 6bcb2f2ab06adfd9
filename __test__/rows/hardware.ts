/** ioctl(2) on clocks, disks, flash memory, GPIO lines, and listeners of seccomp(2): what few machines have. */

import { O } from '../../src/table/constants/file.ts'
import {
  ATA_CMD,
  GPIO_V2_LINE_ATTR,
  GPIO_V2_LINE_FLAG,
  GPIOEVENT_REQUEST,
  GPIOHANDLE_REQUEST,
  MTD_FLAG,
  MTD_OPS,
  MTD_TYPE,
  PTP_EXTTS,
  PTP_PEROUT,
  PTP_PF,
  RTC_BSM,
  RTC_FEATURE,
  RTC_PARAM,
  RTC_VL,
  SECCOMP_ADDFD,
  SECCOMP_NOTIF_RESP,
} from '../../src/table/constants/hardware.ts'
import { X86_64_SYSCALLS } from '../../src/table/constants/x86_64.ts'
import { AUDIT_ARCH } from '../../src/table/constants/signal.ts'
import { family } from './check.ts'
import { bytes, u16, u32, u64, u8, zeros, type Part } from './script.ts'
import { given, got, refused } from './ttys.ts'

const text = (value: string, size: number): readonly Part[] => [bytes(value), zeros(size - value.length)]
const numberOf = (name: string): number => Number(Object.entries(X86_64_SYSCALLS).find(([, it]) => it === name)?.[0])
const feature = RTC_FEATURE.values['1<<RTC_FEATURE_ALARM'] | RTC_FEATURE.values['1<<RTC_FEATURE_CORRECTION']
const { values: line } = GPIO_V2_LINE_FLAG

const clocks = family(
  {},
  got(
    'RTC_RD_TIME',
    [1, 2, 3, 4, 5, 126, 6, 7, 0].map(u32),
    { tm_sec: 1, tm_min: 2, tm_hour: 3, tm_mday: 4, tm_mon: 5, tm_year: 126, tm_wday: 6, tm_yday: 7, tm_isdst: 0 },
    '{tm_sec=1, tm_min=2, tm_hour=3, tm_mday=4, tm_mon=5, tm_year=126, ...}',
  ),
  got('RTC_VL_READ', [u32(RTC_VL.values.RTC_VL_BACKUP_LOW)], ['RTC_VL_BACKUP_LOW'], '[RTC_VL_BACKUP_LOW]'),
  {
    ...got(
      'RTC_PARAM_GET',
      [u64(RTC_PARAM.values.RTC_PARAM_FEATURES), u64(feature), u32(0), u32(0)],
      { value: ['1<<RTC_FEATURE_ALARM', '1<<RTC_FEATURE_CORRECTION'] },
      '{param=RTC_PARAM_FEATURES, index=0} => {uvalue=1<<RTC_FEATURE_ALARM|1<<RTC_FEATURE_CORRECTION}',
    ),
    args: { fd: 1, op: 'RTC_PARAM_GET', argp: { param: 'RTC_PARAM_FEATURES', index: 0 } },
  },
  given(
    'RTC_PARAM_SET',
    [u64(RTC_PARAM.values.RTC_PARAM_CORRECTION), u64(-5), u32(2), u32(9)],
    { param: 'RTC_PARAM_CORRECTION', value: -5, index: 2 },
    '{param=RTC_PARAM_CORRECTION, svalue=-5, index=2, __pad=0x9}',
  ),
  given(
    'RTC_PARAM_SET',
    [u64(RTC_PARAM.values.RTC_PARAM_BACKUP_SWITCH_MODE), u64(RTC_BSM.values.RTC_BSM_LEVEL), u32(0), u32(0)],
    { param: 'RTC_PARAM_BACKUP_SWITCH_MODE', value: 'RTC_BSM_LEVEL', index: 0 },
    '{param=RTC_PARAM_BACKUP_SWITCH_MODE, uvalue=RTC_BSM_LEVEL, index=0}',
  ),
  refused('RTC_RD_TIME', [zeros(36)], 'RTC_RD_TIME, 0x…'),
  given(
    'PTP_EXTTS_REQUEST2',
    [u32(1), u32(PTP_EXTTS.values.PTP_RISING_EDGE), u32(2), u32(0)],
    { index: 1, flags: ['PTP_RISING_EDGE'] },
    '{index=1, flags=PTP_RISING_EDGE, rsv=[0x2, 0]}',
  ),
  given(
    'PTP_PEROUT_REQUEST',
    [u64(7), u32(8), u32(0), u64(9), u32(10), u32(0), u32(3), u32(PTP_PEROUT.values.PTP_PEROUT_PHASE), zeros(16)],
    { phase: { sec: 7, nsec: 8 }, period: { sec: 9, nsec: 10 }, index: 3, flags: ['PTP_PEROUT_PHASE'] },
    '{phase={sec=7, nsec=8}, period={sec=9, nsec=10}, index=3, flags=PTP_PEROUT_PHASE}',
  ),
  {
    ...got(
      'PTP_PIN_GETFUNC',
      [...text('pin', 64), u32(1), u32(PTP_PF.values.PTP_PF_EXTTS), u32(2), zeros(20)],
      { name: 'pin', func: 'PTP_PF_EXTTS', chan: 2 },
      '{index=1, name="pin", func=PTP_PF_EXTTS, chan=2}',
    ),
    args: { fd: 1, op: 'PTP_PIN_GETFUNC', argp: { index: 1 } },
  },
)

const disks = family(
  {},
  got(
    'HDIO_GETGEO',
    [u8(255), u8(63), u16(1024), zeros(4), u64(2048)],
    { heads: 255, sectors: 63, cylinders: 1024, start: 2048 },
    '{heads=255, sectors=63, cylinders=1024, start=2048}',
  ),
  {
    ...got(
      'HDIO_DRIVE_CMD',
      [u8(ATA_CMD.values.ATA_CMD_SMART), u8(2), u8(3), u8(1), bytes('ab'), zeros(510)],
      { status: ATA_CMD.values.ATA_CMD_SMART, error: 2, nsector: 3 },
      String.raw`{command=ATA_CMD_SMART, sector_number=2, feature=3, sector_count=1} => {status=0xb0, error=2, nsector=3, buf="\x61\x62"...}`,
    ),
    args: { argp: { command: 'ATA_CMD_SMART', sector_number: 2, feature: 3, sector_count: 1 } },
    style: { stringLimit: 2 },
  },
  {
    ...got(
      'MEMGETINFO',
      [
        u8(MTD_TYPE.values.MTD_NANDFLASH),
        zeros(3),
        u32(MTD_FLAG.values.MTD_WRITEABLE),
        ...[1, 2, 3, 4].map(u32),
        u64(0),
      ],
      { type: 'MTD_NANDFLASH', flags: ['MTD_WRITEABLE'], size: 1, erasesize: 2, writesize: 3, oobsize: 4, padding: 0 },
      '{type=MTD_NANDFLASH, flags=MTD_WRITEABLE, size=0x1, erasesize=0x2, writesize=0x3, oobsize=0x4, padding=0}',
    ),
    text: 'ioctl(1, MIXER_READ(1) or MEMGETINFO, {type=MTD_NANDFLASH, flags=MTD_WRITEABLE, size=0x1, erasesize=0x2, writesize=0x3, oobsize=0x4, padding=0}) = 0',
  },
  given(
    'MEMWRITE',
    [u64(1), u64(2), u64(3), u64(0), u64(5), u8(MTD_OPS.values.MTD_OPS_RAW), zeros(7)],
    { start: 1, len: 2, ooblen: 3, usr_data: 0n, usr_oob: 5n, mode: 'MTD_OPS_RAW' },
    '{start=0x1, len=0x2, ooblen=0x3, usr_data=NULL, usr_oob=0x5, mode=MTD_OPS_RAW}',
  ),
)

const gpio = family(
  {},
  {
    ...got(
      'GPIO_GET_LINEEVENT_IOCTL',
      [
        u32(4),
        u32(GPIOHANDLE_REQUEST.values.GPIOHANDLE_REQUEST_INPUT),
        u32(GPIOEVENT_REQUEST.values.GPIOEVENT_REQUEST_BOTH_EDGES),
        ...text('me', 32),
        u32(7),
      ],
      { fd: 7 },
      '{lineoffset=4, handleflags=GPIOHANDLE_REQUEST_INPUT, eventflags=GPIOEVENT_REQUEST_BOTH_EDGES, consumer_label="me"} => {fd=7}',
    ),
    args: {
      argp: {
        lineoffset: 4,
        handleflags: ['GPIOHANDLE_REQUEST_INPUT'],
        eventflags: ['GPIOEVENT_REQUEST_BOTH_EDGES'],
        consumer_label: 'me',
      },
    },
  },
  given(
    'GPIO_V2_LINE_SET_CONFIG_IOCTL',
    [
      u64(line.GPIO_V2_LINE_FLAG_INPUT),
      u32(2),
      zeros(20),
      u32(GPIO_V2_LINE_ATTR.values.GPIO_V2_LINE_ATTR_ID_DEBOUNCE),
      u32(0),
      u64(99),
      u64(1),
      u32(9),
      u32(0),
      u64(8),
      u64(2),
      zeros(192),
    ],
    {
      flags: ['GPIO_V2_LINE_FLAG_INPUT'],
      num_attrs: 2,
      attrs: [
        { id: GPIO_V2_LINE_ATTR.values.GPIO_V2_LINE_ATTR_ID_DEBOUNCE, debounce_period_us: 99, mask: 1 },
        { id: 9, values: 8, mask: 2 },
      ],
    },
    '{flags=GPIO_V2_LINE_FLAG_INPUT, num_attrs=2, attrs=[{debounce_period_us=99, mask=0x1}, {attr={id=9, data=0x8}, mask=0x2}]}',
  ),
)

/** struct seccomp_notif of a call */
const notification: readonly Part[] = [
  u64(5),
  u32(0),
  u32(0),
  u32(numberOf('openat')),
  u32(AUDIT_ARCH.values.AUDIT_ARCH_X86_64),
  u64(0),
  ...[1, 2, 3, 4, 5, 6].map(u64),
]
const notificationText =
  '{id=0x5, pid=0, flags=0, data={nr=__NR_openat, arch=AUDIT_ARCH_X86_64, instruction_pointer=NULL, args=[0x1, 0x2, 0x3, 0x4, 0x5, 0x6]}}'
const notificationValue = {
  id: 5,
  pid: 0,
  flags: 0,
  data: { nr: 'openat', arch: 'AUDIT_ARCH_X86_64', instruction_pointer: 0n, args: [1, 2, 3, 4, 5, 6] },
}

const listeners = family(
  {},
  {
    ...got('SECCOMP_IOCTL_NOTIF_RECV', notification, notificationValue, `${notificationText} => ${notificationText}`),
    args: { argp: notificationValue },
  },
  refused('SECCOMP_IOCTL_NOTIF_RECV', [zeros(80)], 'SECCOMP_IOCTL_NOTIF_RECV, 0x…'),
  given(
    'SECCOMP_IOCTL_NOTIF_SEND',
    [u64(5), u64(-1), u32(-2), u32(SECCOMP_NOTIF_RESP.values.SECCOMP_USER_NOTIF_FLAG_CONTINUE)],
    { id: 5, val: -1, error: '-ENOENT', flags: ['SECCOMP_USER_NOTIF_FLAG_CONTINUE'] },
    '{id=0x5, val=-1, error=-ENOENT, flags=SECCOMP_USER_NOTIF_FLAG_CONTINUE}',
  ),
  given(
    'SECCOMP_IOCTL_NOTIF_ADDFD',
    [u64(5), u32(SECCOMP_ADDFD.values.SECCOMP_ADDFD_FLAG_SEND), u32(1), u32(2), u32(O.values.O_CLOEXEC)],
    { id: 5, flags: ['SECCOMP_ADDFD_FLAG_SEND'], srcfd: 1, newfd: 2, newfd_flags: ['O_CLOEXEC'] },
    '{id=0x5, flags=SECCOMP_ADDFD_FLAG_SEND, srcfd=1, newfd=2, newfd_flags=O_CLOEXEC}',
  ),
  {
    ...got(
      'PERF_EVENT_IOC_QUERY_BPF',
      [u32(2), u32(2), u32(11), u32(12)],
      { prog_cnt: 2, ids: [11, 12] },
      '{ids_len=2, prog_cnt=2, ids=[11, 12]}',
    ),
    args: { argp: { ids_len: 2 } },
  },
)

export const hardware = [clocks, disks, gpio, listeners]
