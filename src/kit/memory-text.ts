/** Memory of processes as lines. */

import type { CodeWrite, Memory, ProcessMemory } from './memory.ts'

/** Without a line end behind the last. */
export function memoryText({ processes, codeWrites }: Memory): string {
  return [...processes.map(processLine), ...codeWrites.map(codeLine)].join('\n')
}

function processLine({ pid, program, argv, bytes, peak }: ProcessMemory): string {
  const parts = [
    `${sizeText(bytes.anonymous)} anonymous`,
    `${sizeText(bytes.file)} of files`,
    ...(bytes.shared > 0 ? [`${sizeText(bytes.shared)} shared`] : []),
    ...(bytes.reserved > 0 ? [`${sizeText(bytes.reserved)} reserved beside it`] : []),
  ]
  const name = argv?.join(' ').replaceAll('\n', ' ') ?? program ?? '?'
  return `${cut(name)} (${pid}): ${sizeText(bytes.mapped)} mapped (${parts.join(', ')}), ${sizeText(peak.mapped)} at most`
}

const words: Readonly<Record<CodeWrite['how'], string>> = {
  mapped: 'maps memory that is writable and executable',
  protected: 'makes memory writable and executable',
  'written before': 'makes memory executable that it could write to',
  'unknown before': 'makes memory of the program executable',
  aliased: 'maps a file both writable and executable',
}

function codeLine({ how, by, call }: CodeWrite): string {
  return `${by.pid} ${words[how]}: ${String(call)}`
}

function sizeText(bytes: number): string {
  if (bytes < 2 ** 20) return `${(bytes / 1024).toFixed(0)} KiB`
  return bytes < 2 ** 30 ? `${(bytes / 2 ** 20).toFixed(1)} MiB` : `${(bytes / 2 ** 30).toFixed(1)} GiB`
}

function cut(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text
}
