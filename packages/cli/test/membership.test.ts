/** A fifth institution, by commands alone: it applies, follows, is let in, votes; another leaves. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { equal, is, match, ok, suite, tempDir } from '../../workspace/kit.ts'
import { chirograph, startNode } from './processes.ts'

/** Real processes, keys, disks and sockets; two cores may be shared by five nodes. */
const timeoutMs = 180_000

suite('a fifth institution, by commands', (it) => {
  it(
    'applies, follows, is approved, votes, and replaces its consensus key; another one leaves',
    async () => {
      const { path, dispose } = await tempDir()
      const cli = async (member: number | string, ...args: string[]) => {
        const done = await chirograph(path, ...args, '--data-dir', `n/member-${member}`, '--json')
        is(done.code, 0, `${args.join(' ')}: ${done.err}`)
        return JSON.parse(done.out)
      }
      is((await chirograph(path, 'network', 'create', '--local', '4', '--out', 'n')).code, 0)
      const nodes = [1, 2, 3, 4].map((n) => startNode(path, `n/member-${n}`))
      try {
        await Promise.all(nodes.map(({ ready }) => ready))
        const where = ['--data-dir', 'n/member-5']
        const name = ['--name', 'Fifth College', '--type', 'community-college']
        is((await chirograph(path, 'init', ...name, '--listen', '/ip4/127.0.0.1/tcp/0', ...where)).code, 0)
        const network = 'n/member-1/network.json'
        // Without being let in it is told what to do.
        const refused = await chirograph(path, 'start', '--network', network, ...where)
        match(refused.err, 'chirograph start --data-dir ./n/member-5 --join')
        const { file } = await cli(5, 'member', 'application', '--network', network, '--out', 'fifth.json')
        ok(file.endsWith('fifth.json'))
        ok('nextConsensus' in JSON.parse(await readFile(join(path, 'n/member-5/keys.json'), 'utf8')).seeds)

        const { event } = await cli(
          1,
          'member',
          'apply',
          'fifth.json',
          '--probation',
          '0s',
          '--wait',
          'final',
        )
        for (const member of [1, 2, 3])
          await whenKnown(() => cli(member, 'member', 'show-application', event))
        for (const member of [1, 2, 3]) await cli(member, 'member', 'approve', event, '--wait', 'final')

        const fifth = startNode(path, 'n/member-5', '--network', network, '--join')
        nodes.push(fifth)
        await fifth.ready
        await until(async () => standingOf(await cli(5, 'member', 'list'), 'Fifth College') === 'probation')
        await cli(5, 'member', 'join', '--wait', 'final')
        await until(async () => standingOf(await cli(2, 'member', 'list'), 'Fifth College') === 'voting')
        await cli(5, 'key', 'rotate-consensus', '--wait', 'final')
        await cli(4, 'member', 'leave', '--wait', 'final')
        await until(async () => (await cli(5, 'member', 'list')).epoch === 3)
        const { members, quorum } = await cli(5, 'member', 'list')
        equal([members.filter(({ votes }: { votes: boolean }) => votes).length, quorum], [4, 3])

        const shown = await chirograph(path, 'member', 'list', '--data-dir', 'n/member-1')
        match(shown.out, 'Epoch 3: 4 vote, 3 decide.')
        match(shown.out, 'left')
      } finally {
        for (const { child } of nodes) child.kill('SIGKILL')
        await Promise.all(nodes.map(({ ended }) => ended))
        await dispose()
      }
    },
    { timeoutMs },
  )
})

interface Members {
  readonly members: readonly { readonly name: string; readonly standing: string }[]
}

function standingOf({ members }: Members, name: string): string | undefined {
  return members.find((member) => member.name === name)?.standing
}

async function until(isTrue: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    if (await isTrue()) return
    await pause(250)
  }
  throw new Error('waited in vain')
}

/** What was final at one member is final at another a moment later. */
async function whenKnown(ask: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await ask()
      return
    } catch (error) {
      if (tries > 40) throw error
      await pause(250)
    }
  }
}
