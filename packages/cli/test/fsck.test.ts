/** `chirograph fsck` as people run it, and what it prints. */
import { join } from 'node:path'
import pc from 'picocolors'
import { type Finding, listFindings, type StoreCheck } from '@chirograph/node'
import { openLevelStore } from '@chirograph/store-level'
import { equal, is, match, ok, suite, tempDir } from '../../workspace/kit.ts'
import { renderFsck } from '../src/fsck-view.ts'
import { chirograph } from './processes.ts'

const plain = pc.createColors(false)

const nothing: StoreCheck = {
  findings: [],
  total: 0,
  counts: {},
  events: 12_000,
  pruned: 0,
  toFetch: 0,
  height: 7,
  areVotesKnown: true,
  isEmpty: false,
}

function finding(code: Finding['code'], what: string, isRepairable = true): Finding {
  const nowhere = { author: null, generation: null, sequence: null, id: null }
  return { code, what, standing: 'final', ...nowhere, fix: isRepairable ? [] : null }
}

const rendered = (check: Partial<StoreCheck>, repaired: readonly Finding[] | null = null) =>
  renderFsck({ check: { ...nothing, ...check }, repaired, place: './log' }, plain)

suite('what fsck prints', (it) => {
  it('says of a sound store what was looked at, and what is missing for a reason', () => {
    match(rendered({}), 'Nothing is damaged in ./log')
    match(rendered({}), '12,000 events, height 7')
    match(rendered({ pruned: 3 }), 'bodies of 3 final events were pruned')
    match(rendered({ areVotesKnown: false }), 'votes once it has heard the others')
  })

  it('names each kind once, five places of it, what that means and who puts it right', () => {
    const findings = Array.from({ length: 9 }, (_, at) => finding('body-damaged', `College, place ${at}`))
    const text = rendered({ findings, total: 9 })
    match(text, '9 things are damaged')
    is(text.split('body-damaged').length, 2)
    ok(text.includes('place 4') && !text.includes('place 5'))
    match(text, 'and 4 more')
    match(text, 'fetches it from members')
    match(text, 'chirograph fsck --repair')
  })

  it('offers no repair where there is none, and says what to do instead', () => {
    const text = rendered({ findings: [finding('vote-damaged', 'view 3', false)], total: 1 })
    match(text, 'A repair cannot put this right')
    match(text, 'move it away and start again')
  })

  it('advises no repair where what was pruned, or is to be fetched, is needed to compute the state anew', () => {
    const damage = { findings: [finding('state-rows', 'the state at height 7', false)], total: 1 }
    match(rendered(damage), 'Put right what can be: chirograph fsck --repair')
    for (const [lacking, why] of [
      [{ pruned: 3 }, 'the bodies of 3 final events were pruned'],
      [{ toFetch: 2 }, '2 final events are not here'],
    ] as const) {
      const text = rendered({ ...damage, ...lacking })
      match(text, why)
      match(text, 'move it away and start again')
      match(text, 'A repair cannot put this right')
      ok(!text.includes('--repair'), text)
      ok(!JSON.stringify(listFindings(damage.findings, why)).includes('"isRepairable":true'))
    }
  })

  it('counts all of each kind, those included that are too many to list', () => {
    const findings = Array.from({ length: 7 }, (_, at) => finding('position-index', `place ${at}`))
    const counts = { 'position-index': 9_000, 'arrival-order': 12 }
    const text = rendered({ findings, total: 9_012, counts })
    match(text, '(9,000)')
    match(text, 'and 8,995 more')
    match(text, 'The order of arrival is wrong (12)')
  })

  it('lets no name in the log write to the terminal', () => {
    const text = rendered({ findings: [finding('event-damaged', '\u001b[2JCollege')], total: 1 })
    ok(!text.includes('\u001b'))
  })

  it('tells after a repair what was done, and to start the node where events are to come', () => {
    const text = rendered({ toFetch: 2 }, [finding('event-damaged', 'College, place 1')])
    match(text, '1 thing put right')
    match(text, 'Start the node')
  })
})

suite('chirograph fsck', (it) => {
  it(
    'ends with 0, 10 or 11 for a sound, a damaged and a repaired log, and with 5 while it is in use',
    async () => {
      const { path, dispose } = await tempDir()
      await chirograph(path, 'network', 'create', '--local', '4', '--out', 'net')
      const fsck = (...args: string[]) => chirograph(path, 'fsck', '--data-dir', 'net/member-1', ...args)
      is((await fsck()).code, 0)
      const store = await openLevelStore(join(path, 'net/member-1/log'), { createIfMissing: false })
      await store.batch([{ kind: 'put', key: Uint8Array.of(0x77), value: Uint8Array.of(1) }], { sync: true })
      const locked = await fsck()
      is(locked.code, 5)
      match(locked.err, 'STORE_LOCKED')
      await store.close()
      const found = await fsck('--json')
      is(found.code, 10)
      const told = JSON.parse(found.out)
      equal([told.state, told.total, told.findings[0].code], ['damaged', 1, 'unknown-row'])
      equal([told.findings[0].isRepairable, 'fix' in told.findings[0]], [true, false])
      const repaired = await fsck('--repair')
      is(repaired.code, 11)
      match(repaired.out, '1 thing put right')
      is((await fsck()).code, 0)
      await dispose()
    },
    { timeoutMs: 90_000 },
  )
})
