/** Every member reaches every other through a proxy of its own, and the faults that befall whole networks. */
import type { Random } from '@chirograph/simulator'
import { createFaultProxy, type FaultProxy, fairWeather, type Weather } from './fault-proxy.js'

export interface FaultNet {
  portTo(from: number, to: number): number
  /** What all connections go through from now on. */
  everywhere(weather: Weather): void
  /** Nothing passes between members of two groups; connections stay, and go on when it is over. */
  part(isInFirst: (member: number) => boolean): void
  /** What this member says reaches nobody, and it hears all. */
  mute(member: number): void
  fair(): void
  /** Resets all connections. */
  reset(): void
  readonly troubled: number
  close(): Promise<void>
}

export async function createFaultNet({
  listening,
  random,
}: {
  readonly listening: readonly number[]
  readonly random: Random
}): Promise<FaultNet> {
  const links: { readonly from: number; readonly to: number; readonly proxy: FaultProxy }[] = []
  for (const from of listening.keys())
    for (const [to, target] of listening.entries())
      if (from !== to) links.push({ from, to, proxy: await createFaultProxy({ target, random }) })

  /** Words of `from` to `to` go there on the connection that it opened, and back on the one that the other did. */
  function set(from: number, to: number, weather: Weather): void {
    for (const link of links) {
      if (link.from === from && link.to === to) link.proxy.set('there', weather)
      if (link.from === to && link.to === from) link.proxy.set('back', weather)
    }
  }

  function each(weatherOf: (from: number, to: number) => Weather): void {
    for (const { from, to } of links) set(from, to, weatherOf(from, to))
  }

  const silent: Weather = { ...fairWeather, isSilent: true }
  return {
    portTo: (from, to) => links.find((link) => link.from === from && link.to === to)?.proxy.port ?? 0,
    everywhere: (weather) => each(() => weather),
    part: (isInFirst) => each((from, to) => (isInFirst(from) === isInFirst(to) ? fairWeather : silent)),
    mute: (member) => each((from) => (from === member ? silent : fairWeather)),
    fair: () => each(() => fairWeather),
    reset() {
      for (const { proxy } of links) proxy.reset()
    },
    get troubled() {
      return links.reduce((sum, { proxy }) => sum + proxy.troubled, 0)
    },
    async close() {
      await Promise.all(links.map(({ proxy }) => proxy.close()))
    },
  }
}
