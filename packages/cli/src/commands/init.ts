/** `chirograph init`: keys, folder and member file of an institution. */
import { type Command, Option } from 'commander'
import { fastestBls, fastestEd25519 } from '@chirograph/crypto-native'
import type { RecordClass } from '@chirograph/event'
import { type OrganisationType, organisationTypes } from '@chirograph/status'
import { type Context, contextOf } from '../context.js'
import { isInitialised } from '../data-dir.js'
import { usage } from '../failure.js'
import { jsonText, writeWhole } from '../files.js'
import { readSeeds } from '../keys-file.js'
import { dialAddress, isLoopback, listenAddress } from '../listen-address.js'
import { blsKeyOf, type MemberFile, readMember, recordClassNames } from '../member-file.js'
import { shownPath } from '../paths.js'

interface InitOptions {
  readonly name?: string
  readonly type?: OrganisationType
  readonly listen?: string
  readonly address?: string
  readonly recognise?: readonly RecordClass[]
}

export function addInit(program: Command): void {
  program
    .command('init')
    .summary('make the keys and the folder of an institution')
    .description(
      'Makes the keys and the folder of an institution, and the member.json that whoever makes the network needs. Running it again changes nothing.',
    )
    .option('--name <name>', "the institution's name, as people will read it")
    .addOption(new Option('--type <type>', 'what kind of institution it is').choices(organisationTypes))
    .option('--listen <port|multiaddr>', 'where other members reach this node (default: a free local port)')
    .option('--address <multiaddr>', 'the address others dial, when it differs from --listen')
    .addOption(
      new Option('--recognise <classes...>', 'record classes to ask recognition for (default: all)').choices(
        recordClassNames,
      ),
    )
    .addHelpText(
      'after',
      `
Examples:
  $ chirograph init --name "Sample Community College" --type community-college
  $ chirograph init --name "Sample Council" --type certification-body --data-dir ./council \\
      --listen /ip4/0.0.0.0/tcp/4010 --address /dns4/node.council.example/tcp/4010`,
    )
    .action((options: InitOptions, command: Command) => init(contextOf(command), options))
}

async function init(context: Context, options: InitOptions): Promise<void> {
  const { dataDir } = context
  // Loaded here: the databases and the network take long, and no other command needs them.
  const { makeInstitution, orgIdOfSeeds } = await import('../institution.js')
  const ed25519 = fastestEd25519()
  const isThere = await isInitialised(dataDir)
  const bls = fastestBls()
  let member = isThere
    ? await readMember(dataDir.member)
    : await makeInstitution(dataDir, await institutionOf(options), { ed25519, bls })
  const seeds = await readSeeds(dataDir.keys)
  const org = orgIdOfSeeds(seeds, ed25519)
  if (member.bls === undefined) {
    // Made before there were BLS certificates; the key follows from the seed of the other one.
    member = { ...member, bls: blsKeyOf(seeds.consensus, { org, ed25519, bls }) }
    await writeWhole(dataDir.member, jsonText(member))
  }
  show(context, { member, org, isThere })
}

async function institutionOf({ name, type, listen: asked, address, recognise }: InitOptions) {
  if (name === undefined || type === undefined) {
    throw usage(
      'init needs the name and the type of the institution',
      `add --name "Your institution" --type ${organisationTypes[0]} (types: ${organisationTypes.join(', ')})`,
    )
  }
  const listen = await listenAddress(asked)
  return {
    name,
    orgType: type,
    listen,
    address: address ?? dialAddress(listen),
    recordClasses: recognise ?? recordClassNames,
  }
}

function show(
  { terminal, dataDir, copyable }: Context,
  { member, org, isThere }: { member: MemberFile; org: string; isThere: boolean },
): void {
  const { name, orgType, address, peerId } = member
  if (terminal.isJson) {
    const { path, keys, member: memberFile } = dataDir
    terminal.json({ created: !isThere, name, orgType, org, peerId, address, dataDir: path, keys, memberFile })
    return
  }
  const { bold, dim, green } = terminal.colours
  const place = shownPath(dataDir.path)
  terminal.data(
    [
      isThere
        ? `${bold(name)} is already set up in ${place}; nothing was changed.`
        : `${green('✔')} Set up ${bold(name)} in ${place}`,
      `  organisation  ${org.slice(0, 16)}… ${dim(orgType)}`,
      `  address       ${address ?? 'none: others cannot dial this node; add --address when you make it anew'}`,
      `  keys          ${shownPath(dataDir.keys)}  ${dim('secret: keep a copy offline')}`,
      `  member file   ${shownPath(dataDir.member)}  ${dim('public: hand it to whoever makes the network')}`,
    ].join('\n'),
  )
  if (address !== null && isLoopback(address))
    terminal.say(
      `\n${terminal.talkColours.yellow('!')} Only this machine reaches ${address}. For members elsewhere, make it anew with --listen /ip4/0.0.0.0/tcp/4010 --address /dns4/your.host/tcp/4010`,
    )
  terminal.say(
    `\nNext: chirograph network create --name "Our network" --status-list-base https://your.host/status-lists ${shownPath(dataDir.member)} …\nthen: ${copyable('chirograph start --network network.json')}`,
  )
}
