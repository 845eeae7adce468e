/**
 * The end of an epoch: a header after which others vote, and what may follow it. Rules H11 to H13 of SPEC.md, "Epochs".
 */
import { createHeader, type Header, type HeaderCore } from './header.js'
import type { Hex } from './validator-set.js'

/** Where an epoch begins: the header that closed the one before, or the genesis. Final for all who vote in it. */
export interface EpochBase {
  readonly digest: Hex
  readonly view: number
}

/** H11: after this header other validators vote, or validators with other keys. */
export function isClosing({ setHash, nextSetHash }: HeaderCore): boolean {
  return setHash !== nextSetHash
}

/** The header that closes the epoch, for one that does or a tail of it. */
export function baseOf({ rest, digest }: Header): Hex {
  return rest.base ?? digest
}

/** H12: nothing but a tail follows what closes the epoch: the same height and state, and nothing new. */
export function isTailOf(header: Header, parent: Header): boolean {
  const [a, b] = [header.rest, parent.rest]
  return (
    a.base === baseOf(parent) &&
    a.parent === parent.digest &&
    a.cutRoot === b.cutRoot &&
    a.logRoot === b.logRoot &&
    a.logSize === b.logSize &&
    header.core.height === parent.core.height &&
    header.core.stateRoot === parent.core.stateRoot &&
    header.core.nextSetHash === parent.core.nextSetHash &&
    isClosing(parent.core)
  )
}

/** H12: the tail of this view. */
export function createTail(
  parent: Header,
  { view, timeMs }: { readonly view: number; readonly timeMs: number },
): Header {
  const { version: _, restHash: __, ...core } = parent.core
  return createHeader(
    { ...core, view, timeMs: Math.max(timeMs, core.timeMs + 1) },
    { ...parent.rest, parent: parent.digest, base: baseOf(parent) },
  )
}

/** H13: whether finality of `tail` is finality of `header`, as a quorum has checked that made it final. */
export function isClosedBy(header: Header, tail: Header): boolean {
  return (
    tail.rest.base === header.digest &&
    header.rest.base === undefined &&
    isClosing(header.core) &&
    tail.core.epoch === header.core.epoch &&
    tail.core.setHash === header.core.setHash &&
    tail.core.view > header.core.view &&
    tail.core.height === header.core.height &&
    tail.core.stateRoot === header.core.stateRoot &&
    tail.core.nextSetHash === header.core.nextSetHash
  )
}
