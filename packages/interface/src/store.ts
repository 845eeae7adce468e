/**
 * The Store port: an ordered map of byte keys to byte values on some disk, with
 * atomic batches. `storeContract` is the executable form of this page.
 */

export interface Store {
  /** The value under `key`, or undefined when there is none. */
  get(key: Uint8Array): Promise<Uint8Array | undefined>

  /** The same while the caller waits: for small values that are likely to be in a cache. */
  getSync(key: Uint8Array): Uint8Array | undefined

  /** The values under `keys`, in the order of `keys`; at most `getManyKeysMax` keys. */
  getMany(keys: readonly Uint8Array[]): Promise<(Uint8Array | undefined)[]>

  /**
   * Writes all operations or none, in list order (the last one on a key wins).
   * The bytes are read before the call returns, so the caller may reuse them.
   *
   * With `sync` the promise resolves once the batch, and every batch before it,
   * survives a power cut. Without, a crash may lose any subset of such batches,
   * each as a whole, and not necessarily the latest.
   *
   * A batch that the disk failed may be there or not. Every later one then fails too, until the store is opened again:
   * what lies behind a torn record need not survive a crash.
   *
   * At most `batchOpsMax` operations and `batchBytesMax` bytes, else
   * `STORE_BATCH_TOO_LARGE`; an empty list is allowed.
   */
  batch(ops: readonly StoreOp[], options: { readonly sync: boolean }): Promise<void>

  /**
   * Entries with `from ≤ key < to` in byte order, or in the opposite order with
   * `reverse`, read portion by portion: what is written meanwhile is seen where it
   * was not read yet. No view of the past is held, for a disk may pay for that with
   * the present (LevelDB). With a `limit` of at most `momentEntriesMax` all is of one
   * moment. Breaking out of the loop ends it. Each call iterates once.
   */
  range(bounds: RangeBounds): AsyncIterable<StoreEntry>

  /** The same entries by the page, each of one entry or more: for whoever reads many, since waiting costs more than reading. */
  pages(bounds: RangeBounds): AsyncIterable<readonly StoreEntry[]>

  /** Ends running ranges and releases the disk. Afterwards everything fails with `STORE_CLOSED`; closing again does nothing. */
  close(): Promise<void>
}

export type StoreOp =
  | { readonly kind: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: Uint8Array }

export type StoreEntry = [key: Uint8Array, value: Uint8Array]

export interface KeyRange {
  /** First key, inclusive. */
  readonly from: Uint8Array
  /** End of the range, exclusive. */
  readonly to: Uint8Array
}

export interface RangeBounds extends KeyRange {
  /** At most this many entries; all of them when absent. */
  readonly limit?: number | undefined
  readonly reverse?: boolean | undefined
}
