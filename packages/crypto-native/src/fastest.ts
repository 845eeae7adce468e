/** Chooses the back end of a node: the fastest one on this machine that is seen to keep the pinned rule. */
import { type Ed25519, nobleEd25519 } from '@chirograph/crypto'
import { keepsPinnedRule } from './known-answers.js'
import { nodeEd25519 } from './node-ed25519.js'
import { createSodiumEd25519, loadSodium, type Sodium } from './sodium-ed25519.js'

/** Why a back end was passed over. */
export type BackEndRefusal =
  | { readonly name: string; readonly reason: 'unusable'; readonly cause: unknown }
  | { readonly name: string; readonly reason: 'breaks-pinned-rule' }

/**
 * libsodium when it loads, else node:crypto; noble should neither do. Each must first give the known answers,
 * because another release or build of a library may decide another equation.
 *
 * `onRefused` hears of every back end passed over: the node runs on without it, only slower.
 */
export function fastestEd25519(
  options: {
    readonly loadSodium?: () => Sodium
    readonly onRefused?: (refusal: BackEndRefusal) => void
  } = {},
): Ed25519 {
  const candidates = [createSodiumEd25519(options.loadSodium ?? loadSodium), nodeEd25519]
  return firstSound(candidates, options.onRefused)
}

/** The first candidate that keeps the rule; noble if none does. */
export function firstSound(
  candidates: readonly Ed25519[],
  onRefused: (refusal: BackEndRefusal) => void = () => {},
): Ed25519 {
  for (const candidate of candidates) {
    const refusal = refusalOf(candidate)
    if (refusal === undefined) return candidate
    onRefused(refusal)
  }
  return nobleEd25519
}

function refusalOf(candidate: Ed25519): BackEndRefusal | undefined {
  const { name } = candidate
  try {
    return keepsPinnedRule(candidate) ? undefined : { name, reason: 'breaks-pinned-rule' }
  } catch (cause) {
    // No prebuilt binary, another libc, ed25519 switched off: whatever was thrown, it cannot be used here.
    return { name, reason: 'unusable', cause }
  }
}
