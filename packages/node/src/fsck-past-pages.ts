/** The notes of pages that are of no use any more: a start removes what they name, so it must not be of the state. */
import { toHex } from '@chirograph/codec'
import { readPastPagesKey, spaceRange } from '@chirograph/interface'
import type { Check } from './fsck.js'
import { isKeyWhole } from './fsck-notes.js'
import { decodeTurn } from './past-pages.js'

/** Returns what they name, of those that hold. `inUse` are the keys of the state's pages at this height, in hex. */
export async function checkPastPages(
  check: Check,
  { height, inUse }: { readonly height: number; readonly inUse: ReadonlySet<string> },
): Promise<ReadonlySet<string>> {
  const { store, findings, step } = check
  const named = new Set<string>()
  for await (const [key, value] of store.range(spaceRange('pastPages'))) {
    step('pages of the state that are of no use')
    if (!isKeyWhole(check, 'pastPages', key)) continue
    const turn = decodeTurn(value)
    const ofNoUse = turn && (readPastPagesKey(key).height <= height ? turn.replaced : turn.brought)
    if (turn === undefined || ofNoUse?.some((page) => inUse.has(toHex(page)))) {
      const why = turn === undefined ? 'it is no such note' : 'it names pages of the state'
      findings.add({
        code: 'past-pages',
        what: `the note under ${toHex(key)}: ${why}`,
        fix: [{ kind: 'delete', key }],
      })
      continue
    }
    for (const page of [...turn.brought, ...turn.replaced]) named.add(toHex(page))
  }
  return named
}
