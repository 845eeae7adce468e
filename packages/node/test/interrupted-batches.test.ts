/** Batches that were prepared and not published when the node stopped, beside others that are on their way. */
import { setImmediate as settled } from 'node:timers/promises'
import { contentId, utf8 } from '@chirograph/codec'
import { memoryStore, systemClock } from '@chirograph/interface'
import type { RefuseReason } from '@chirograph/replica'
import { manualClock } from '../../network-libp2p/test/manual-clock.ts'
import { memberAt, replicaOf } from '../../replica/test/member.ts'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { loadAuthors } from '../src/author-table.js'
import { createInterruptedBatches } from '../src/interrupted-batches.js'
import { signingRefused } from '../src/node-errors.js'
import type { Notice } from '../src/notice.js'
import { type BatchEntry, createRegistrar, type Registrar } from '../src/registrar.js'

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
  it('are tried again until signing is refused no more, and are told of once for each reason', async () => {
    const scene = await refusing()
    const { registrar, clock, notices, interrupted, attempts } = scene
    await registrar.prepare(prepared('aa'), [])
    scene.refuse('own-fork')
    interrupted.wait(scene.refusal())
    interrupted.wait(scene.refusal())
    equal(attempts, [])
    for (let tries = 1; tries <= 3; tries++) {
      clock.pass(5_000)
      await settled()
      equal(attempts.length, tries)
    }
    scene.refuse('log-key-missing')
    clock.pass(5_000)
    await settled()
    scene.refuse(undefined)
    clock.pass(5_000)
    await settled()
    equal(
      notices.map(({ level, what, facts }) => [level, what, facts.why ?? facts.batches]),
      [
        ['warn', 'a batch waits to be published', signingRefused('own-fork').what],
        ['warn', 'a batch waits to be published', signingRefused('log-key-missing').what],
        ['info', 'finished batches that waited', 1],
      ],
    )
    for await (const { event } of registrar.batches()) ok(event !== null)
    clock.pass(60_000)
    await settled()
    is(attempts.length, 5)
  })

  it('are tried no more by a node that stopped', async () => {
    const scene = await refusing()
    await scene.registrar.prepare(prepared('aa'), [])
    scene.refuse('own-fork')
    await scene.interrupted.finish()
    is(scene.attempts.length, 1)
    scene.interrupted.stop()
    scene.interrupted.wait(scene.refusal())
    scene.clock.pass(60_000)
    await settled()
    is(scene.attempts.length, 1)
    is(scene.notices.length, 1)
  })

  it('are told of as an error where they fail for another reason than that nothing may be signed', async () => {
    const scene = await refusing({
      markPublished: () => Promise.reject(new Error('no space left on the disk')),
    })
    await scene.registrar.prepare(prepared('aa'), [])
    scene.interrupted.wait(signingRefused('own-fork'))
    scene.clock.pass(5_000)
    await settled()
    equal(
      scene.notices.map(({ level }) => level),
      ['warn', 'error'],
    )
    ok(String(scene.notices[1]?.facts.error).includes('no space left'))
  })
})

/** Interrupted batches of a member that may not sign while the test says so. */
async function refusing(broken: Partial<Registrar> = {}) {
  const store = memoryStore()
  const clock = manualClock()
  const notices: Notice[] = []
  const attempts: string[] = []
  let reason: RefuseReason | undefined
  const registrar = { ...createRegistrar(memoryStore()), ...broken }
  const interrupted = createInterruptedBatches({
    org: memberAt(0).org,
    store,
    shell: { replica: replicaOf(0), authors: await loadAuthors(store), whenHistoryIsWhole: () => {} },
    registrar,
    publish: async ({ kind }) => {
      attempts.push(kind)
      if (reason !== undefined) throw signingRefused(reason)
      return { id: contentId(utf8('published')), publishedAtMs: 1 }
    },
    inTurn: (run) => run(),
    clock,
    onNotice: (notice) => notices.push(notice),
  })
  return {
    registrar,
    clock,
    notices,
    attempts,
    interrupted,
    refuse(why: RefuseReason | undefined) {
      reason = why
    },
    refusal: () => signingRefused(reason ?? 'own-fork'),
  }
}
