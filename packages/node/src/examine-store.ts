/** A look at a store that no node runs on: whose it is, whether a node could start from it, and what it would know. */
import { toHex } from '@chirograph/codec'
import type { OrgId } from '@chirograph/event'
import { isChirographError, metaKey, positionKey, type Store } from '@chirograph/interface'
import { eventAt } from '@chirograph/log'
import { type Genesis, genesisState, networkIdOf } from '@chirograph/status'
import { type KnownFork, openForks } from './fork-view.js'
import { loadReplica } from './load.js'
import { areVotesKnown, assertOurs, assertSchema, isMigratable } from './meta.js'
import { createRegistrar } from './registrar.js'

export type StoreExamination =
  | { readonly kind: 'empty' }
  /** Of another format; a start brings one that is readable up to date, and refuses the others. */
  | {
      readonly kind: 'other-format'
      readonly what: string
      readonly hint: string
      readonly isReadable: boolean
    }
  /** Of another institution or network than the folder that it lies in: a node refuses to start. */
  | { readonly kind: 'foreign'; readonly what: string; readonly hint: string }
  /** A node would refuse to start, for this reason. */
  | { readonly kind: 'damaged'; readonly what: string; readonly hint: string }
  | {
      readonly kind: 'sound'
      readonly schema: string
      readonly areVotesKnown: boolean
      readonly height: number
      readonly events: { readonly final: number; readonly pending: number }
      readonly isHistoryWhole: boolean
      readonly forks: readonly KnownFork[]
      /** Whether the last event that was signed here is in the log; null when none was signed. */
      readonly isLastSignedHere: boolean | null
      /** Batches that the registrar calls published and the log lacks; null where older events are still to come. */
      readonly batchesLacking: number | null
    }

/** Reads what a start reads, and changes nothing. */
export async function examineStore(
  store: Store,
  {
    genesis,
    org,
    registrar,
  }: {
    readonly genesis: Genesis
    readonly org: OrgId
    /** A second witness of what this institution published, where it can be read. */
    readonly registrar?: Store | undefined
  },
): Promise<StoreExamination> {
  const schema = await store.get(metaKey('schema'))
  try {
    // As a start does it: first whose it is, then how it is laid out.
    await assertOurs(store, { org, networkId: toHex(networkIdOf(genesis)) })
    if (schema === undefined) return { kind: 'empty' }
    await assertSchema(store)
    const { restored, stored } = await loadReplica(store, { genesis, isFirstStart: false, isCopy: false })
    const { final, log, lastSigned, isHistoryWhole } = restored
    const state = final?.state ?? genesisState(genesis)
    const forks = openForks({ log, state, self: org })
    stored.close()
    return {
      kind: 'sound',
      schema: new TextDecoder().decode(schema),
      areVotesKnown: await areVotesKnown(store),
      height: final?.checkpoint.header.core.height ?? 0,
      events: { final: final?.logTree.size ?? 0, pending: log.pending.count },
      isHistoryWhole,
      forks,
      isLastSignedHere: lastSigned === null ? null : eventAt(log, lastSigned.id) !== undefined,
      batchesLacking: isHistoryWhole && registrar !== undefined ? await countLacking(store, registrar) : null,
    }
  } catch (error) {
    if (isChirographError(error, 'NODE_OTHER_ORG') || isChirographError(error, 'NODE_OTHER_NETWORK'))
      return { kind: 'foreign', what: error.what, hint: error.hint }
    if (isChirographError(error, 'NODE_STORE_SCHEMA') && schema !== undefined)
      return {
        kind: 'other-format',
        what: error.what,
        hint: error.hint,
        isReadable: isMigratable(new TextDecoder().decode(schema)),
      }
    if (isChirographError(error)) return { kind: 'damaged', what: error.what, hint: error.hint }
    throw error
  }
}

/** A batch is called published once its event is safely in the log. */
async function countLacking(log: Store, registrar: Store): Promise<number> {
  let lacking = 0
  for await (const { event } of createRegistrar(registrar).batches())
    if (event !== null && (await log.get(positionKey(event))) === undefined) lacking++
  return lacking
}
