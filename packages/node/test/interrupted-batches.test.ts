/** Batches that were prepared and not published when the node stopped, beside others that are on their way. */
import { contentId, utf8 } from '@chirograph/codec'
import { memoryStore, systemClock } from '@chirograph/interface'
import { memberAt, replicaOf } from '../../replica/test/member.ts'
import { equal, suite } from '../../workspace/kit.ts'
import { loadAuthors } from '../src/author-table.js'
import { createInterruptedBatches } from '../src/interrupted-batches.js'
import { type BatchEntry, createRegistrar } from '../src/registrar.js'

const body = {
  paddedSize: 1,
  recordClass: 'learning',
  credentialType: 'open-badge-3',
  schemaDigest: '00'.repeat(32),
}

function prepared(root: string): BatchEntry {
  return { root: root.repeat(32), body, credentialCount: 1, preparedAtMs: 1, event: null }
}

suite('interrupted batches', (it) => {
  it('are finished in turn with issuing, which publishes the others itself', async () => {
    const registrar = createRegistrar(memoryStore())
    await registrar.prepare(prepared('aa'), [])
    const store = memoryStore()
    const replica = replicaOf(0)
    const published: string[] = []
    const publish = async (event: { readonly kind: string; readonly root?: Uint8Array }) => {
      const root = event.root?.[0]?.toString(16) ?? ''
      published.push(root)
      await new Promise((resolve) => setTimeout(resolve, 5))
      return { id: contentId(utf8(root)), publishedAtMs: 1 }
    }
    let last: Promise<unknown> = Promise.resolve()
    function inTurn<T>(run: () => Promise<T>): Promise<T> {
      const done = last.then(run)
      last = done
      return done
    }
    const shell = { replica, authors: await loadAuthors(store), whenHistoryIsWhole: () => {} }
    const interrupted = createInterruptedBatches({
      org: memberAt(0).org,
      store,
      shell,
      registrar,
      publish,
      inTurn,
      clock: systemClock,
      onNotice: () => {},
    })
    let onItsWay = () => {}
    const isOnItsWay = new Promise<void>((resolve) => {
      onItsWay = resolve
    })
    const issuing = inTurn(async () => {
      await registrar.prepare(prepared('bb'), [])
      onItsWay()
      const { id } = await publish({ kind: 'credential.issueBatch', root: new Uint8Array(32).fill(0xbb) })
      await registrar.markPublished(prepared('bb').root, id)
    })
    await isOnItsWay
    await Promise.all([issuing, interrupted.finish()])
    equal(published, ['bb', 'aa'])
  })
})
