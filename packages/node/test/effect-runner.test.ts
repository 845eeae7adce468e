import { sha256, utf8 } from '@chirograph/codec'
import type { Ancestor, OrgId } from '@chirograph/event'
import type { Store, StoreOp } from '@chirograph/interface'
import type { Fact } from '@chirograph/replica'
import type { StateRow } from '@chirograph/status'
import { equal, is, ok, suite } from '../../workspace/kit.ts'
import { createEffectRunner, type ShellEffect } from '../src/effect-runner.js'
import type { FactWriter, HistoryFact } from '../src/facts.js'

suite('effects on their way to the disk', (it) => {
  it('go down in batches of as many events as are encoded in one slice, however many one fact holds', async () => {
    const { runner, batches } = runnerOf()
    runner.enqueue(Array.from({ length: 10 }, () => history(300)))
    await runner.drained()
    equal(batches, [600, 600, 600, 600, 600])
  })

  it('hold back whoever brings history faster than the disk takes it, by its events and not by its facts', async () => {
    const { runner, batches, goOn } = runnerOf({ isHeld: true })
    let brought = 0
    const bring = async () => {
      for (; brought < 20; brought++) {
        runner.enqueue([history(600)])
        await runner.room()
      }
    }
    const done = bring()
    await new Promise((resolve) => setTimeout(resolve, 30))
    ok(brought <= 4, `${brought} facts of 600 events wait in memory`)
    goOn()
    await done
    await runner.drained()
    is(
      batches.reduce((sum, events) => sum + events, 0),
      12_000,
    )
  })

  it('run in their order, each after all facts before it are on disk', async () => {
    const { runner, seen } = runnerOf()
    runner.enqueue([history(500), then(seen, 'a'), history(400), then(seen, 'b'), then(seen, 'c')])
    await runner.drained()
    equal(seen, ['500 on disk', 'a', '400 on disk', 'b', 'c'])
  })

  it('are made ready while the disk works when they fill a batch, and else wait for what comes', async () => {
    const { runner, made, goOn } = runnerOf({ isHeld: true })
    runner.enqueue([history(640), history(640), history(3)])
    await new Promise((resolve) => setTimeout(resolve, 30))
    is(made(), 1_280)
    runner.enqueue([history(4)])
    goOn()
    await runner.drained()
    is(made(), 1_287)
  })

  it('run when their batch is on disk, however long the next one takes to be made ready', async () => {
    let release = () => {}
    let breaths = 0
    // The third is that of the second batch.
    const breathe = async () => {
      if (++breaths === 3)
        await new Promise<void>((resolve) => {
          release = resolve
        })
    }
    const { runner, seen } = runnerOf({ breathe })
    runner.enqueue([history(640), then(seen, 'a'), history(640), then(seen, 'b')])
    await new Promise((resolve) => setTimeout(resolve, 30))
    equal(seen, ['640 on disk', 'a'])
    release()
    await runner.drained()
    equal(seen, ['640 on disk', 'a', '640 on disk', 'b'])
  })

  it('are dropped, every one, when the disk refuses one before them', async () => {
    const dropped: string[] = []
    const failures: unknown[] = []
    const { runner, goOn } = runnerOf({
      isHeld: true,
      isRefused: true,
      onFailure: (error) => failures.push(error),
    })
    const noted = (name: string): ShellEffect => ({
      kind: 'then',
      run: () => dropped.push(`${name} ran`),
      drop: () => dropped.push(name),
    })
    runner.enqueue([history(640), noted('a'), history(640), noted('b'), history(3), noted('c')])
    await new Promise((resolve) => setTimeout(resolve, 30))
    goOn()
    await runner.drained()
    equal(dropped, ['a', 'b', 'c'])
    is(failures.length, 1)
  })

  it('tell up to which arrival all are on disk, whatever is made ready meanwhile', async () => {
    const { runner, made, goOn } = runnerOf({ isHeld: true })
    const seen: number[] = []
    const note: ShellEffect = { kind: 'then', run: () => void seen.push(runner.nextOrdinal) }
    runner.enqueue([history(640), note, history(640), note])
    await new Promise((resolve) => setTimeout(resolve, 30))
    is(made(), 1_280)
    is(runner.nextOrdinal, 0)
    goOn()
    await runner.drained()
    equal(seen, [640, 1_280])
  })

  it('are dropped when their batch cannot be made ready, once those of the batch on its way to the disk have run', async () => {
    const seen: string[] = []
    const { runner, goOn } = runnerOf({
      isHeld: true,
      unwritable: 641,
      onFailure: () => void seen.push('failed'),
    })
    const noted = (name: string): ShellEffect => ({
      kind: 'then',
      run: () => seen.push(`${name} ran`),
      drop: () => seen.push(name),
    })
    runner.enqueue([history(640), noted('a'), history(641), noted('b'), history(3), noted('c')])
    await new Promise((resolve) => setTimeout(resolve, 30))
    ok(!seen.includes('failed'), 'it failed while the disk worked')
    goOn()
    await runner.drained()
    equal(seen.slice(-2), ['c', 'failed'])
    equal(seen.sort(), ['a ran', 'b', 'c', 'failed'])
  })

  it('go down after what is to be written ahead of them, and with nothing else but what waits for them', async () => {
    const { runner, seen } = runnerOf({ long: 700 })
    const noted = (name: string) => then(seen, name)
    runner.enqueue([history(3), noted('a'), history(700), noted('b'), history(4), noted('c'), history(5)])
    await runner.drained()
    const ahead = ['7 on disk', '7 on disk', '7 on disk']
    equal(seen, ['3 on disk', 'a', ...ahead, '700 on disk', 'b', '9 on disk', 'c'])
  })

  it('go down by the rows that they change, where a run of checkpoints becomes final in one step', async () => {
    const { runner, batches } = runnerOf()
    runner.enqueue(Array.from({ length: 100 }, () => checkpoint({ rows: 300, bytesEach: 100 })))
    await runner.drained()
    equal(
      batches,
      Array.from({ length: 50 }, () => 600),
    )
  })

  it('go down by the bytes of these rows, too', async () => {
    const { runner, batches } = runnerOf()
    runner.enqueue(Array.from({ length: 6 }, () => checkpoint({ rows: 100, bytesEach: 65_536 })))
    await runner.drained()
    equal(batches, [200, 200, 200])
  })

  it('are not written ahead while a batch is on its way to the disk that may be read from', async () => {
    const { runner, begun, goOn, made } = runnerOf({ isHeld: true, long: 700 })
    runner.enqueue([history(640), history(700), history(640)])
    await new Promise((resolve) => setTimeout(resolve, 30))
    equal(begun, [640])
    is(made(), 640, 'nor is anything made ready')
    goOn()
    await runner.drained()
    equal(begun, [640, 7, 7, 7, 700, 640])
  })

  it('are dropped with what waits for them when the disk refuses what goes ahead of them', async () => {
    const seen: string[] = []
    const { runner } = runnerOf({ isRefused: true, long: 700, onFailure: () => void seen.push('failed') })
    const noted = (name: string): ShellEffect => ({
      kind: 'then',
      run: () => seen.push(`${name} ran`),
      drop: () => seen.push(name),
    })
    runner.enqueue([history(700), noted('a'), history(3), noted('b')])
    await runner.drained()
    equal(seen, ['a', 'b', 'failed'])
  })

  it('are dropped behind one that fails, so that nobody waits for them for ever', async () => {
    const seen: string[] = []
    const { runner } = runnerOf({ onFailure: () => void seen.push('failed') })
    const noted = (name: string): ShellEffect => ({
      kind: 'then',
      run: () => seen.push(`${name} ran`),
      drop: () => seen.push(name),
    })
    const failing: ShellEffect = {
      kind: 'then',
      run() {
        throw new Error('no')
      },
    }
    runner.enqueue([history(3), noted('a'), failing, noted('b'), history(640), noted('c')])
    await runner.drained()
    equal(seen, ['a ran', 'b', 'c', 'failed'])
  })

  it('that are few are begun before the call returns', () => {
    const { runner, begun } = runnerOf()
    runner.enqueue([history(3)])
    equal(begun, [3])
  })
})

function then(seen: string[], name: string): ShellEffect {
  return { kind: 'then', run: () => void seen.push(name) }
}

function history(count: number): ShellEffect {
  const event = { digest: sha256(utf8('an event')), bodyBytes: new Uint8Array(10) } as Ancestor
  const events = Array.from({ length: count }, () => event)
  const fact: HistoryFact = {
    kind: 'history',
    author: '00'.repeat(32) as OrgId,
    generation: 0,
    events,
    rest: null,
    earlier: null,
    holeFrom: null,
  }
  return { kind: 'persist', facts: [fact], isSynced: true }
}

function checkpoint({ rows, bytesEach }: { rows: number; bytesEach: number }): ShellEffect {
  const row: StateRow = { key: sha256(utf8('a row')), value: new Uint8Array(bytesEach) }
  const fact = {
    kind: 'checkpoint',
    checkpoint: { changes: new Uint8Array(100) },
    rows: Array.from({ length: rows }, () => row),
  } as unknown as Fact // of the rest of it the runner knows nothing
  return { kind: 'persist', facts: [fact], isSynced: true }
}

/** A runner whose writer makes one operation, and one arrival, of each event of history, and one of each row. */
function runnerOf({
  isHeld = false,
  isRefused = false,
  breathe = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve)),
  unwritable = 0,
  long = 0,
  onFailure = (error: unknown): void => {
    throw error
  },
} = {}) {
  let made = 0
  const begun: number[] = []
  const batches: number[] = []
  const seen: string[] = []
  let goOn = () => {}
  const held = isHeld
    ? new Promise<void>((resolve) => {
        goOn = resolve
      })
    : Promise.resolve()
  const op: StoreOp = { kind: 'put', key: Uint8Array.of(1), value: new Uint8Array() }
  const writer: Pick<FactWriter, 'opsOf' | 'nextOrdinal' | 'isLong' | 'ahead'> = {
    isLong: (fact) => fact.kind === 'history' && fact.events.length === long,
    *ahead(fact) {
      if (this.isLong(fact)) for (let batch = 0; batch < 3; batch++) yield Array.from({ length: 7 }, () => op)
    },
    opsOf(fact) {
      if (fact.kind === 'history' && fact.events.length === unwritable) throw new Error('no such fact')
      const parts = fact.kind === 'history' ? fact.events : fact.kind === 'checkpoint' ? fact.rows : []
      const ops = parts.map(() => op)
      made += ops.length
      return ops
    },
    get nextOrdinal() {
      return made
    },
  }
  const store: Pick<Store, 'batch'> = {
    async batch(ops) {
      begun.push(ops.length)
      await held
      if (isRefused) throw new Error('the disk is full')
      batches.push(ops.length)
      seen.push(`${ops.length} on disk`)
    },
  }
  const runner = createEffectRunner({
    store: store as Store, // it does nothing but write
    writer: writer as FactWriter, // it is asked for operations and their ordinals alone
    run: () => {},
    breathe,
    onFailure,
  })
  return { runner, begun, batches, seen, made: () => made, goOn: () => goOn() }
}
