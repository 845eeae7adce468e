/** `chirograph network`: the file that a network begins with. */
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { toHex } from '@chirograph/codec'
import { fastestBls, fastestEd25519 } from '@chirograph/crypto-native'
import { type Genesis, networkIdOf, type OrganisationType, validatorsMax } from '@chirograph/status'
import { type Context, contextOf } from '../context.js'
import { dataDirAt } from '../data-dir.js'
import { parseDuration } from '../duration.js'
import { usage } from '../failure.js'
import { jsonText, writeWhole } from '../files.js'
import { freePort, isLoopback } from '../listen-address.js'
import { type MemberFile, readMember, recordClassNames } from '../member-file.js'
import { type NetworkFile, networkOf, readNetwork } from '../network-file.js'
import { resolvePath, shownPath } from '../paths.js'
import { table } from '../table.js'

interface CreateOptions {
  readonly name?: string
  readonly out?: string
  readonly demo?: boolean
  readonly local?: string
  readonly statusListBase?: string
  readonly certificates?: 'ed25519' | 'bls'
  readonly viewTimeout: string
  readonly heartbeat: string
}

export function addNetwork(program: Command): void {
  const network = program
    .command('network')
    .summary('make the file that a network begins with, or look at one')
    .description('Make the file that a network begins with, or look at one.')
  network
    .command('create')
    .summary('make a network of member files')
    .description(
      'Makes network.json out of the member.json of every institution. Each member starts its node with the same file. All of them vote on what is final; it stays true as long as fewer than a third of them fail or lie.',
    )
    .argument('[members...]', 'the member.json files')
    .option('--name <name>', "the network's name")
    .option('--out <path>', 'where to write it (default: network.json; with --local: a folder)')
    .option('--demo', 'a demonstration: verifiers say that its credentials mean nothing')
    .option('--local <count>', 'make this many institutions on this machine, for a try-out (implies --demo)')
    .option('--status-list-base <url>', 'where the public status lists will be, ending in a path')
    .addOption(
      new Option(
        '--certificates <scheme>',
        `what proves that something is final: a list of signatures, or one sum of them: short however many sign, of votes that take longer to check (default: ed25519 up to ${listedSignersMax} members, bls above)`,
      ).choices(['ed25519', 'bls']),
    )
    .option('--view-timeout <time>', 'how long a member may take to lead before it is skipped', '2s')
    .option('--heartbeat <time>', 'how often an idle network agrees on the time', '10s')
    .addHelpText(
      'after',
      `
Examples:
  $ chirograph network create --name "Sample Network" --status-list-base https://lists.example/status-lists \\
      college/member.json council/member.json district/member.json union/member.json
  $ chirograph network create --local 4 --out try-out`,
    )
    .action((members: string[], options: CreateOptions, command: Command) =>
      create(contextOf(command), members, options),
    )
  network
    .command('show')
    .summary('say who is in a network file')
    .description('Says what a network file holds: its id, its parameters and its members.')
    .argument('<file>', 'a network.json')
    .addHelpText('after', '\nExamples:\n  $ chirograph network show network.json')
    .action(async (file: string, _options: object, command: Command) =>
      show(contextOf(command), await readNetwork(resolvePath(file))),
    )
}

async function create(context: Context, paths: readonly string[], options: CreateOptions): Promise<void> {
  if (options.local !== undefined) return createLocal(context, paths, options)
  if (paths.length === 0 || options.name === undefined) {
    throw usage(
      'network create needs a name and the member.json of each institution',
      'for a try-out give --local 4; else chirograph network create --name "Our network" a/member.json b/member.json …',
    )
  }
  const members: MemberFile[] = []
  for (const path of paths) members.push(await readMember(resolvePath(path)))
  const network = planned(members, { ...options, name: options.name })
  const out = resolvePath(options.out ?? 'network.json')
  await writeWhole(out, jsonText(network), { isNew: true })
  show(context, network)
  context.terminal.say(
    `\nWrote ${shownPath(out)}. Give it to every member; each starts with:\n  chirograph start --network ${shownPath(out)}`,
  )
  const local = members.filter(({ address }) => address !== null && isLoopback(address))
  if (options.demo !== true && local.length > 0 && members.length > 1)
    context.terminal.say(
      `Only their own machine reaches ${local.map(({ name }) => name).join(', ')}: have ${local.length === 1 ? 'it' : 'them'} made anew with --address, unless all run on one machine.`,
    )
  const unreachable = members.filter(({ address }) => address === null)
  if (unreachable.length > 0)
    context.terminal.say(
      `Nobody can dial ${unreachable.map(({ name }) => name).join(', ')}: they will dial the others.`,
    )
}

function planned(
  members: readonly MemberFile[],
  options: CreateOptions & { readonly name: string },
): NetworkFile {
  const isDemo = options.demo === true || options.local !== undefined
  const statusListBase = options.statusListBase ?? (isDemo ? 'http://localhost/status-lists' : undefined)
  if (statusListBase === undefined) {
    throw usage(
      'a real network needs an address for its public status lists',
      'add --status-list-base https://…/status-lists, or --demo for a demonstration',
    )
  }
  return networkOf({
    name: options.name,
    members,
    purpose: isDemo ? 'demo' : 'production',
    statusListBase,
    certificates: certificatesOf(options.certificates, members.length),
    timeMs: Date.now(),
    viewTimeoutMs: parseDuration(options.viewTimeout, '--view-timeout'),
    heartbeatMs: parseDuration(options.heartbeat, '--heartbeat'),
  })
}

/** A list of so many is 1.5 kB and still checked about as fast as a sum; a BLS vote takes twenty times as long. */
const listedSignersMax = 32

function certificatesOf(asked: CreateOptions['certificates'], members: number): Genesis['certificates'] {
  const scheme = asked ?? (members > listedSignersMax ? 'bls' : 'ed25519')
  return scheme === 'bls' ? 'bls12-381' : undefined
}

/** Kinds of institution for a try-out, in turn. */
const localTypes: readonly OrganisationType[] = [
  'community-college',
  'certification-body',
  'training-provider-nonprofit',
  'union',
]

async function createLocal(
  context: Context,
  paths: readonly string[],
  options: CreateOptions,
): Promise<void> {
  const count = Number(options.local)
  if (!Number.isInteger(count) || count < 1 || count > validatorsMax || paths.length > 0)
    throw usage(
      `--local ${options.local} makes no network`,
      `give a number from 1 to ${validatorsMax}, and no member files`,
    )
  const { assertFree, makeInstitution } = await import('../institution.js')
  const folder = resolvePath(options.out ?? 'chirograph-local')
  const dirs = Array.from({ length: count }, (_, at) => dataDirAt(join(folder, `member-${at + 1}`)))
  // All before the first is made: half a network would be in the way the next time.
  for (const { path } of dirs) await assertFree(path, '--out')
  const ports = new Set<number>()
  while (ports.size < count) ports.add(await freePort())
  const means = { ed25519: fastestEd25519(), bls: fastestBls() }
  const members: MemberFile[] = []
  for (const [at, port] of [...ports].entries()) {
    const dir = dirs[at] ?? dataDirAt(folder) // there is one for each port
    const listen = `/ip4/127.0.0.1/tcp/${port}`
    const orgType = localTypes[at % localTypes.length] ?? 'community-college' // never beyond the list
    const name = `Sample Institution ${at + 1}`
    members.push(
      await makeInstitution(
        dir,
        { name, orgType, listen, address: listen, recordClasses: recordClassNames },
        means,
      ),
    )
  }
  const network = planned(members, { ...options, name: options.name ?? 'Local try-out' })
  for (const dir of dirs) await writeWhole(dir.network, jsonText(network))
  show(context, network)
  context.terminal.say(
    `\nMade ${count} institutions in ${shownPath(folder)}. Start each in a terminal of its own:\n${dirs
      .map(({ path }) => `  chirograph start --data-dir ${shownPath(path)}`)
      .join('\n')}`,
  )
}

function show({ terminal }: Context, network: NetworkFile): void {
  const { genesis, addresses } = network
  const networkId = toHex(networkIdOf(genesis))
  if (terminal.isJson) {
    terminal.json({ networkId, ...genesis, addresses })
    return
  }
  const { bold, dim, yellow } = terminal.colours
  const { viewTimeoutMs, heartbeatMs } = genesis.parameters
  const rows = genesis.organisations.map(({ id, name, type, consensusKey }) => [
    name,
    type,
    consensusKey === null ? 'no' : 'yes',
    `${id.slice(0, 16)}…`,
    addresses[id]?.[0]?.replace(/\/p2p\/.*/, '') ?? '',
  ])
  const [head = '', ...lines] = table(['MEMBER', 'KIND', 'VOTES', 'ID', 'ADDRESS'], rows)
  terminal.data(
    [
      `${bold(genesis.name)}${genesis.purpose === 'demo' ? yellow('  demonstration') : ''}`,
      `network ${networkId}`,
      dim(
        `made ${new Date(genesis.timeMs).toISOString()}, view timeout ${viewTimeoutMs} ms, heartbeat ${heartbeatMs} ms`,
      ),
      dim(
        `certificates ${genesis.certificates === undefined ? 'of ed25519 signatures' : 'of BLS signatures'}`,
      ),
      '',
      dim(head),
      ...lines,
    ].join('\n'),
  )
}
