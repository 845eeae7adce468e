import { equal, ok, suite } from '../../workspace/kit.ts'
import { calm, exploreAll, saidIn } from './explore.ts'

const timeoutMs = 60_000

suite('what a model leaves out', (it) => {
  for (const [what, options] of [
    ['one view, whose leader is Byzantine', { ...calm, views: 1, byzantineLeads: 1 }],
    ['one view and a power cut', { ...calm, views: 1, byzantineLeads: 2, crashes: 1 }],
    ['two views', { ...calm, views: 2, byzantineLeads: 3 }],
  ] as const) {
    it(
      `blocks lose nothing that can be said, in ${what}`,
      () => {
        const reduced = exploreAll(options)
        const full = exploreAll({ ...options, isReduced: false })
        ok(full.table.size() > 5 * reduced.table.size())
        equal(saidIn(reduced), saidIn(full))
      },
      { timeoutMs },
    )
  }

  it(
    'certificates lose nothing that can be said after votes that arrive one by one',
    () => {
      const options = { ...calm, views: 1, byzantineLeads: 2 }
      const certificates = exploreAll(options)
      const votes = exploreAll({ ...options, hearing: 'votes' })
      equal(saidIn(certificates), saidIn(votes))
    },
    { timeoutMs },
  )
})
