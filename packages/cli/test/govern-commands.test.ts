/** What each `chirograph govern …` asks the node for: the commands in this process, against the API of a node that remembers. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startApi } from '@chirograph/api'
import { createProgram } from '@chirograph/cli'
import { fakeNode, idOf, otherOrg, ownOrg } from '../../api/test/fake-node.ts'
import { equal, failsWith, is, ok, suite, tempDir } from '../../workspace/kit.ts'

const handle = '01'.repeat(32)
const entries = [{ handle: new Uint8Array(32).fill(1), position: null }]
const event = idOf(3)
const recognised = { org: otherOrg, recordClasses: ['degree', 'licence'], fromMs: 0, untilMs: 86_400_000 }
const term = ['--from', '1970-01-01', '--until', '1970-01-02T00:00:00Z']
const untilMs = 1_800_000_000_000
const until = ['--until', new Date(untilMs).toISOString()]

const asked: readonly (readonly [args: readonly string[], act: readonly [string, unknown]])[] = [
  [
    ['theft', '--generation', '0', '--since', '1200'],
    ['tellTheft', { generation: 0, sinceHeight: 1200 }],
  ],
  [
    ['theft', '--generation', '1', '--since', '3', '--member', 'other college'],
    ['tellTheft', { generation: 1, org: otherOrg, sinceHeight: 3 }],
  ],
  [['reaffirm'], ['reaffirm', undefined]],
  [
    ['reaffirm', event],
    ['reaffirm', [event]],
  ],
  [
    ['propose-revoke', 'Other College', handle],
    ['propose', { kind: 'quorum.revoke', org: otherOrg, entries, reason: 'withdrawn' }],
  ],
  [
    ['propose-suspend', 'Other College', handle, ...until],
    ['propose', { kind: 'quorum.suspend', org: otherOrg, entries, reason: 'under-review', untilMs }],
  ],
  [
    ['propose-annul', otherOrg, handle],
    ['propose', { kind: 'quorum.annul', org: otherOrg, handles: [entries[0]?.handle] }],
  ],
  [
    ['propose-close', otherOrg.slice(0, 12), '--custodian', 'Own College'],
    ['propose', { kind: 'quorum.close', org: otherOrg, custodian: ownOrg }],
  ],
  [
    ['propose-close', 'Other College'],
    ['propose', { kind: 'quorum.close', org: otherOrg, custodian: null }],
  ],
  [
    ['propose-recognition', 'Other College', 'degree', 'licence', ...term],
    ['propose', { kind: 'quorum.recognise', ...recognised }],
  ],
  [
    ['propose-end-recognition', 'Other College'],
    ['propose', { kind: 'quorum.endRecognition', org: otherOrg }],
  ],
  [
    ['approve', event],
    ['approveMeasure', event],
  ],
  [
    ['withdraw', event],
    ['withdrawApproval', event],
  ],
  [
    ['carry-out', event],
    ['carryOut', event],
  ],
  [
    ['recognise', 'Other College', 'licence', 'degree', ...term],
    ['recognise', recognised],
  ],
  [
    ['end-recognition', 'Other College'],
    ['endRecognition', otherOrg],
  ],
  [
    ['custody-revoke', 'Other College', handle, '--reason', 'superseded'],
    ['actAsCustodian', { kind: 'custody.revoke', org: otherOrg, entries, reason: 'superseded' }],
  ],
  [
    ['custody-suspend', 'Other College', handle, ...until],
    ['actAsCustodian', { kind: 'custody.suspend', org: otherOrg, entries, reason: 'under-review', untilMs }],
  ],
  [
    ['custody-reinstate', 'Other College', handle],
    ['actAsCustodian', { kind: 'custody.reinstate', org: otherOrg, entries }],
  ],
]

async function set() {
  const { path, dispose } = await tempDir()
  await writeFile(join(path, 'keys.json'), '{}')
  const node = fakeNode()
  const members = [
    { org: ownOrg, name: 'Own College' },
    { org: otherOrg, name: 'Other College' },
  ]
  // Only ids and names are looked at.
  node.membership = () => ({ epoch: 0, quorum: 1, members }) as unknown as ReturnType<typeof node.membership>
  const api = await startApi({ node, dataDir: path, onStop: () => {} })
  const govern = (...args: readonly string[]) =>
    createProgram().then((program) =>
      program.parseAsync(['govern', ...args, '--data-dir', path, '--json'], { from: 'user' }),
    )
  const close = async () => {
    await api.close()
    await dispose()
  }
  return { node, govern, close }
}

suite('chirograph govern', (it) => {
  it('asks the node for what each command says', async () => {
    const { node, govern, close } = await set()
    for (const [args, act] of asked) {
      await govern(...args)
      equal(node.membershipActs.at(-1), act, args.join(' '))
    }
    is(node.membershipActs.length, asked.length)
    const commands =
      (await createProgram()).commands.find((command) => command.name() === 'govern')?.commands ?? []
    for (const command of commands) {
      const name = command.name()
      ok(name === 'help' || name.startsWith('show') || asked.some(([[first]]) => first === name), name)
    }
    await close()
  })

  it('shows how institutions and measures stand', async () => {
    const { node, govern, close } = await set()
    await govern('show', 'Other College')
    await govern('show-measure', idOf(8))
    await failsWith('API_NO_SUCH_MEASURE', govern('show-measure', event))
    await failsWith('API_NO_SUCH_MEMBER', govern('show', 'Own College'))
    equal(node.membershipActs, [])
    await close()
  })

  it('asks for nothing where something is wrong', async () => {
    const { node, govern, close } = await set()
    await failsWith('CLI_USAGE', govern('theft', '--generation', 'one', '--since', '3'))
    await failsWith('CLI_USAGE', govern('theft', '--generation', '0', '--since', '-3'))
    await failsWith('CLI_USAGE', govern('recognise', 'Other College', 'diploma'))
    await failsWith('CLI_NO_SUCH_MEMBER', govern('end-recognition', 'Third College'))
    equal(node.membershipActs, [])
    await close()
  })
})

suite('chirograph verify --recognised-by', (it) => {
  it('is for offline verification, where the policy is the verifier’s own', async () => {
    const verify = (...args: string[]) =>
      createProgram().then((program) =>
        program.parseAsync(['verify', 'one.credential.json', ...args], { from: 'user' }),
      )
    await failsWith('CLI_USAGE', verify('--recognised-by', 'network'))
    // Offline it goes on to the file, which is not there.
    await failsWith('CLI_FILE_UNREADABLE', verify('--offline', '--recognised-by', 'network', otherOrg))
  })
})
