import test from 'ava'
import { callRecord } from '../../../__test__/records.ts'
import { decodeChunk } from '../../decode.ts'
import { eventText } from '../../text/line.ts'
import type { TextEvent } from '../../text/source.ts'

/** Operations that x86_64 kernels refuse, or that depend on how the kernel was built. */
const lines: readonly (readonly [args: readonly number[], result: number, texts: readonly [string, string, string]])[] =
  [
    [
      [50, 0x4_0040],
      0x6_0100,
      [
        'prctl(PR_SVE_SET_VL, PR_SVE_SET_VL_ONEXEC|0x40) = 0x60100 (PR_SVE_SET_VL_ONEXEC|PR_SVE_VL_INHERIT|0x100)',
        'prctl(0x32, 0x40040) = 0x60100',
        'prctl(0x32 /* PR_SVE_SET_VL */, 0x40040 /* PR_SVE_SET_VL_ONEXEC|0x40 */) = 0x60100 ' +
          '(PR_SVE_SET_VL_ONEXEC|PR_SVE_VL_INHERIT|0x100)',
      ],
    ],
    [[64], 0x20, ['prctl(PR_SME_GET_VL) = 0x20', 'prctl(0x40) = 0x20', 'prctl(0x40 /* PR_SME_GET_VL */) = 0x20']],
    [
      [55, 0x1_0000_000b, 0, 0, 0],
      0,
      [
        'prctl(PR_SET_TAGGED_ADDR_CTRL, PR_TAGGED_ADDR_ENABLE|PR_MTE_TCF_SYNC|0x1<<PR_MTE_TAG_SHIFT|0x100000000, 0, 0, 0) = 0',
        'prctl(0x37, 0x10000000b, 0, 0, 0) = 0',
        'prctl(0x37 /* PR_SET_TAGGED_ADDR_CTRL */, 0x10000000b ' +
          '/* PR_TAGGED_ADDR_ENABLE|PR_MTE_TCF_SYNC|0x1<<PR_MTE_TAG_SHIFT|0x100000000 */, 0, 0, 0) = 0',
      ],
    ],
    [
      [56, 0, 0, 0, 0],
      0,
      [
        'prctl(PR_GET_TAGGED_ADDR_CTRL, 0, 0, 0, 0) = 0 (!PR_TAGGED_ADDR_ENABLE|PR_MTE_TCF_NONE)',
        'prctl(0x38, 0, 0, 0, 0) = 0',
        'prctl(0x38 /* PR_GET_TAGGED_ADDR_CTRL */, 0, 0, 0, 0) = 0 (!PR_TAGGED_ADDR_ENABLE|PR_MTE_TCF_NONE)',
      ],
    ],
    [
      [69, 0x36],
      0,
      [
        'prctl(PR_RISCV_V_SET_CONTROL, PR_RISCV_V_VSTATE_CTRL_ON|PR_RISCV_V_VSTATE_CTRL_OFF<<2|' +
          'PR_RISCV_V_VSTATE_CTRL_INHERIT|0x20) = 0',
        'prctl(0x45, 0x36) = 0',
        'prctl(0x45 /* PR_RISCV_V_SET_CONTROL */, 0x36 /* PR_RISCV_V_VSTATE_CTRL_ON|PR_RISCV_V_VSTATE_CTRL_OFF<<2|' +
          'PR_RISCV_V_VSTATE_CTRL_INHERIT|0x20 */) = 0',
      ],
    ],
    [
      [60, 3, 0x10, 0, 7],
      0,
      [
        'prctl(PR_PAC_SET_ENABLED_KEYS, PR_PAC_APIAKEY|PR_PAC_APIBKEY, 0x10 /* PR_PAC_??? */, 0, 0x7) = 0',
        'prctl(0x3c, 0x3, 0x10, 0, 0x7) = 0',
        'prctl(0x3c /* PR_PAC_SET_ENABLED_KEYS */, 0x3 /* PR_PAC_APIAKEY|PR_PAC_APIBKEY */, 0x10 /* PR_PAC_??? */, ' +
          '0, 0x7) = 0',
      ],
    ],
    [
      [61, 0, 0, 0, 0],
      0x14,
      [
        'prctl(PR_PAC_GET_ENABLED_KEYS, 0, 0, 0, 0) = 0x14 (PR_PAC_APDAKEY|0x10)',
        'prctl(0x3d, 0, 0, 0, 0) = 0x14',
        'prctl(0x3d /* PR_PAC_GET_ENABLED_KEYS */, 0, 0, 0, 0) = 0x14 (PR_PAC_APDAKEY|0x10)',
      ],
    ],
    [
      [62, 1, 5, 0, 6],
      0,
      [
        'prctl(PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 5, 0 /* PIDTYPE_PID */, 0x6) = 0',
        'prctl(0x3e, 0x1, 5, 0, 0x6) = 0',
        'prctl(0x3e /* PR_SCHED_CORE */, 0x1 /* PR_SCHED_CORE_CREATE */, 5, 0 /* PIDTYPE_PID */, 0x6) = 0',
      ],
    ],
    [
      [71, 1, 2],
      0,
      [
        'prctl(PR_RISCV_SET_ICACHE_FLUSH_CTX, PR_RISCV_CTX_SW_FENCEI_OFF, 0x2 /* PR_RISCV_SCOPE_??? */) = 0',
        'prctl(0x47, 0x1, 0x2) = 0',
        'prctl(0x47 /* PR_RISCV_SET_ICACHE_FLUSH_CTX */, 0x1 /* PR_RISCV_CTX_SW_FENCEI_OFF */, ' +
          '0x2 /* PR_RISCV_SCOPE_??? */) = 0',
      ],
    ],
    [
      [72, 3, 0, 0, 0],
      0x9,
      [
        'prctl(PR_PPC_GET_DEXCR, PR_PPC_DEXCR_NPHIE, 0, 0, 0) = 0x9 ' +
          '(PR_PPC_DEXCR_CTRL_EDITABLE|PR_PPC_DEXCR_CTRL_SET_ONEXEC)',
        'prctl(0x48, 0x3, 0, 0, 0) = 0x9',
        'prctl(0x48 /* PR_PPC_GET_DEXCR */, 0x3 /* PR_PPC_DEXCR_NPHIE */, 0, 0, 0) = 0x9 ' +
          '(PR_PPC_DEXCR_CTRL_EDITABLE|PR_PPC_DEXCR_CTRL_SET_ONEXEC)',
      ],
    ],
    [
      [0x5961_6d61, -1],
      0,
      [
        'prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY) = 0',
        'prctl(0x59616d61, -1) = 0',
        'prctl(0x59616d61 /* PR_SET_PTRACER */, -1 /* PR_SET_PTRACER_ANY */) = 0',
      ],
    ],
    [
      [66, 0, 0, 0, 0],
      3,
      [
        'prctl(PR_GET_MDWE, 0, 0, 0, 0) = 0x3 (PR_MDWE_REFUSE_EXEC_GAIN|PR_MDWE_NO_INHERIT)',
        'prctl(0x42, 0, 0, 0, 0) = 0x3',
        'prctl(0x42 /* PR_GET_MDWE */, 0, 0, 0, 0) = 0x3 (PR_MDWE_REFUSE_EXEC_GAIN|PR_MDWE_NO_INHERIT)',
      ],
    ],
  ]

const styles = ['abbrev', 'raw', 'verbose'] as const

for (const [args, result, texts] of lines) {
  for (const [index, constants] of styles.entries()) {
    const text = texts[index] ?? ''
    test(`${constants}: ${text}`, (t) => {
      const [event] = decodeChunk(callRecord({ nr: 157, args, result }))
      t.is(eventText(event as object as TextEvent, { columns: 0, constants }), text)
      t.notThrows(() => JSON.stringify(event))
    })
  }
}
