/** Runs in Node's loader: puts one bug into the one file that has it, when that is loaded. */
import { applyBug, type Bug } from './bug.js'

/** What the loader is started with. */
export interface HookData {
  readonly bug: Bug
  readonly url: string
}

interface Loaded {
  readonly format: string
  readonly source?: string | ArrayBuffer | NodeJS.TypedArray
  readonly shortCircuit?: boolean
}

type NextLoad = (url: string, context: object) => Promise<Loaded>

/** Set by the changed file when it runs, so that nothing is taken for hunted that was never there. */
export const loadedMark = 'chirographZooBug'

let data: HookData | undefined

export function initialize(given: HookData): void {
  data = given
}

export async function load(url: string, context: object, nextLoad: NextLoad): Promise<Loaded> {
  const loaded = await nextLoad(url, context)
  if (data === undefined || url !== data.url) return loaded
  const { source = '' } = loaded
  const text = typeof source === 'string' ? source : new TextDecoder().decode(source)
  const mark = `\nglobalThis.${loadedMark} = ${JSON.stringify(data.bug.name)};\n`
  return { ...loaded, source: applyBug(data.bug, text) + mark }
}
