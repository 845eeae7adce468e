/** The old name must mean the maintained code: the last release under that name decodes without limits. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { equal, suite } from '../../workspace/kit.ts'

suite('@chainsafe/libp2p-gossipsub', (it) => {
  it('resolves to @libp2p/gossipsub 17, exactly the version this package declares', () => {
    const entry = fileURLToPath(import.meta.resolve('@chainsafe/libp2p-gossipsub'))
    const resolved: unknown = JSON.parse(
      readFileSync(entry.replace(/dist\/src\/index\.js$/, 'package.json'), 'utf8'),
    )
    const own: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
    const { name, version } = resolved as { name: string; version: string } // the manifest of an installed package
    const { dependencies } = own as { dependencies: Record<string, string> } // this package's manifest
    equal(name, '@libp2p/gossipsub')
    equal(version.split('.')[0], '17')
    equal(dependencies['@chainsafe/libp2p-gossipsub'], `npm:${name}@${version}`)
  })
})
