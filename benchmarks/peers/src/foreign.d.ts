/** The parts that are used here of packages that are installed on first use, and so are not there to be compiled against. */

declare module 'hypercore' {
  import type { Duplex } from 'node:stream'
  export interface Core {
    readonly key: Buffer
    readonly length: number
    /** Blocks from the first on that are stored without a gap. */
    readonly contiguousLength: number
    ready(): Promise<void>
    append(blocks: Uint8Array | readonly Uint8Array[]): Promise<unknown>
    get(index: number, options?: { wait: boolean }): Promise<Uint8Array | null>
    download(range: { start: number; end: number }): unknown
    replicate(isInitiator: boolean): Duplex
    close(): Promise<void>
  }
  const Hypercore: new (directory: string, key: Buffer | null) => Core
  export default Hypercore
}

declare module 'corestore' {
  import type { Duplex } from 'node:stream'
  export interface Store {
    replicate(isInitiator: boolean): Duplex
    close(): Promise<void>
  }
  const Corestore: new (directory: string) => Store
  export default Corestore
}

declare module 'autobase' {
  import type { Store } from 'corestore'
  import type { Core } from 'hypercore'
  export interface Host {
    addWriter(key: Uint8Array, options: { indexer: boolean }): Promise<void>
  }
  export interface Base {
    readonly key: Buffer
    readonly local: Core
    readonly view: Core
    readonly writable: boolean
    ready(): Promise<void>
    append(values: Uint8Array | readonly Uint8Array[]): Promise<unknown>
    close(): Promise<void>
  }
  const Autobase: new (
    store: Store,
    key: Buffer | null,
    options: {
      valueEncoding: 'binary'
      fastForward: boolean
      open(views: { get(options: { name: string; valueEncoding: 'binary' }): Core }): Core
      apply(nodes: readonly { readonly value: Uint8Array }[], view: Core, host: Host): Promise<void>
    },
  ) => Base
  export default Autobase
}

declare module '@orbitdb/core' {
  export interface OrbitDatabase {
    readonly address: string
    readonly events: { on(event: 'update', listener: () => void): void }
    add(value: Uint8Array): Promise<string>
    get(hash: string): Promise<Uint8Array | null>
  }
  export interface Orbit {
    open(address: string, options?: { type: 'events' }): Promise<OrbitDatabase>
    stop(): Promise<void>
  }
  export function createOrbitDB(options: { ipfs: unknown; id: string; directory: string }): Promise<Orbit>
}

declare module 'helia' {
  export function createHelia(options: {
    libp2p: unknown
    blockstore: unknown
    blockBrokers: readonly unknown[]
    routers: readonly unknown[]
  }): Promise<{ stop(): Promise<void> }>
}

declare module '@helia/block-brokers' {
  export function bitswap(): unknown
}

declare module 'blockstore-level' {
  export class LevelBlockstore {
    constructor(directory: string)
    open(): Promise<void>
    put(...block: readonly unknown[]): unknown
    close(): Promise<void>
  }
}

declare module 'libp2p' {
  export interface Libp2p {
    getMultiaddrs(): readonly unknown[]
    dial(address: unknown): Promise<unknown>
  }
  export function createLibp2p(options: Readonly<Record<string, unknown>>): Promise<Libp2p>
}

declare module '@libp2p/tcp' {
  export function tcp(): unknown
}

declare module '@chainsafe/libp2p-noise' {
  export function noise(): unknown
}

declare module '@chainsafe/libp2p-yamux' {
  export function yamux(): unknown
}

declare module '@libp2p/identify' {
  export function identify(): unknown
}

declare module '@libp2p/gossipsub' {
  export function gossipsub(options: { allowPublishToZeroTopicPeers: boolean }): unknown
}

declare module '@multiformats/multiaddr' {
  export function multiaddr(text: string): unknown
}
