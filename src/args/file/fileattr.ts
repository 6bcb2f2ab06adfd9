/** struct file_attr: attributes that chattr(1) and xfs_io(8) change. */

import { FS_XFLAG } from '../../table/constants/file.ts'
import { flags } from '../flags.ts'
import type { Kind } from '../arg.ts'
import type { Behind } from '../pointer.ts'
import { hexUint, uint } from '../scalar.ts'
import { sized, sizedResult } from '../sized.ts'
import { field, struct } from '../struct.ts'
import type { ValueOf } from '../pointer.ts'

const SIZE = 24
const PAGE = 4096

/** `fa_nextents` can be asked for but not set; strace leaves it out there. */
const fileAttr = (isAsked: boolean) =>
  struct(SIZE, {
    fa_xflags: field(0, flags(FS_XFLAG, 8)),
    fa_extsize: field(8, uint),
    fa_nextents: field(12, uint, { when: () => isAsked }),
    fa_projid: field(16, hexUint),
    fa_cowextsize: field(20, uint),
  })

type FileAttr = ValueOf<ReturnType<typeof fileAttr>>

export function fileAttrIn<const Size extends string>(size: Size): Kind<Behind<FileAttr>, never, Size> {
  return sized(fileAttr(false), size, SIZE, { most: PAGE })
}

export function fileAttrOut<const Size extends string>(size: Size): Kind<never, Behind<FileAttr>, Size> {
  return sizedResult(fileAttr(true), size, SIZE, { most: PAGE })
}
