import { is, match, not, suite } from '../../packages/workspace/kit.ts'
import { readJson, readText } from '../../packages/workspace/packages.ts'

suite('dependencies', (it) => {
  it('@chainsafe/libp2p-gossipsub is the maintained @libp2p/gossipsub 17', () => {
    const installed = readJson<{ name: string; version: string }>(
      'packages/network-libp2p/node_modules/@chainsafe/libp2p-gossipsub/package.json',
    )
    is(installed.name, '@libp2p/gossipsub')
    match(installed.version, /^17\./)
  })

  it('are locked without the name of any host', () => {
    const lock = readText('pnpm-lock.yaml')
    match(lock, /^lockfileVersion:/)
    not(/https?:\/\//.exec(lock)?.[0])
    not(/^.*\btarball:.*$/m.exec(lock)?.[0])
  })
})
