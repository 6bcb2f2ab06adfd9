/** A registry of our own tarballs on loopback: what `npm install syscope` sees once they are published. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename } from 'node:path'

export interface Registry {
  readonly url: string
  /** Names of the tarballs that were downloaded. */
  readonly downloads: string[]
  close(): void
}

export async function serve(tarballs: readonly string[]): Promise<Registry> {
  const downloads: string[] = []
  const packages = new Map(tarballs.map((path) => [manifestOf(path).name, path]))
  const server = createServer((request, response) => {
    const name = decodeURIComponent((request.url ?? '').slice(1))
    const packed = tarballs.find((path) => name === `-/${basename(path)}`)
    const described = packages.get(name)
    if (packed !== undefined) {
      downloads.push(basename(packed))
      response.end(readFileSync(packed))
    } else if (described !== undefined) {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify(packument(described, urlOf(server))))
    } else {
      response.statusCode = 404
      response.end('{}')
    }
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return { url: urlOf(server), downloads, close: () => void server.close() }
}

function packument(path: string, url: string) {
  const manifest = manifestOf(path)
  const integrity = `sha512-${createHash('sha512').update(readFileSync(path)).digest('base64')}`
  const version = { ...manifest, dist: { integrity, tarball: `${url}/-/${basename(path)}` } }
  return {
    name: manifest.name,
    'dist-tags': { latest: manifest.version },
    versions: { [manifest.version]: version },
  }
}

export function manifestOf(tarball: string): { readonly name: string; readonly version: string } {
  return JSON.parse(execFileSync('tar', ['-xOf', tarball, 'package/package.json'], { encoding: 'utf8' }))
}

function urlOf(server: Server): string {
  // A server that listens on TCP has an address of this type.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
