/** What happened on the network, as lines. */

import type { Network, TracedSocket } from './network.ts'
import { addressText, type Address } from './peer.ts'

/** One line for each deed, in order; then what went to each address, where that is known. */
export function networkText(network: Network, knowsBytes: boolean): string {
  const deeds: { readonly timeNs: bigint; readonly pid: number; readonly text: string }[] = [
    ...network.connects.map((it) => {
      const end = it.error === undefined ? it.outcome : `failed, ${it.error}`
      return { ...it, text: `connects to ${named(it.address)}: ${end}` }
    }),
    ...network.binds.map((it) => ({ ...it, text: `binds ${named(it.address)}${because(it)}` })),
    ...network.listens.map((it) => ({ ...it, text: `listens on ${placeOf(it.socket)}${because(it)}` })),
    ...network.accepts.map((it) => ({ ...it, text: `accepts ${named(it.address)} on ${placeOf(it.listener)}` })),
    ...network.sends.map((it) => ({
      ...it,
      text: `sends ${it.bytes} bytes to ${addressText(it.address)}${because(it)}`,
    })),
    ...(knowsBytes ? lookupLines(network) : []),
  ]
  const lines = deeds.toSorted((a, b) => Number(a.timeNs - b.timeNs)).map(({ pid, text }) => `${pid} ${text}`)
  return [...lines, ...(knowsBytes ? peerLines(network) : [])].join('\n')
}

function lookupLines(
  network: Network,
): readonly { readonly timeNs: bigint; readonly pid: number; readonly text: string }[] {
  return network.lookups.map((it) => {
    const type = it.type === undefined ? '' : ` ${it.type}`
    return { ...it, text: `asks ${addressText(it.server)} for ${it.name ?? 'a name'}${type} (${it.via})` }
  })
}

function peerLines(network: Network): readonly string[] {
  return network.peers.map((it) => `${addressText(it.address)}: ${it.bytesOut} bytes out, ${it.bytesIn} bytes in`)
}

function placeOf({ local }: TracedSocket): string {
  return named(local)
}

function named(address: Address | undefined): string {
  return address === undefined ? 'an unknown address' : addressText(address)
}

function because({ ok, error }: { readonly ok: boolean; readonly error?: string }): string {
  return ok ? '' : `: failed, ${error ?? 'interrupted'}`
}
