/** Chooses the back ends of a node: the fastest on this machine that are seen to give the right answers. */
import { isSha256, nobleSha256, type Sha256 } from '@chirograph/codec'
import { type Bls, type Ed25519, nobleBls, nobleEd25519 } from '@chirograph/crypto'
import { type Blst, createBlstBls, loadBlst } from './blst-bls.js'
import { keepsPinnedRule } from './known-answers.js'
import { keepsBlsRule } from './known-bls-answers.js'
import { nodeEd25519 } from './node-ed25519.js'
import { nodeSha256 } from './node-sha256.js'
import { createSodiumEd25519, loadSodium, type Sodium } from './sodium-ed25519.js'

/** Why a back end was passed over. */
export type BackEndRefusal =
  | { readonly name: string; readonly reason: 'unusable'; readonly cause: unknown }
  | {
      readonly name: string
      readonly reason: 'breaks-pinned-rule' | 'breaks-bls-rule' | 'computes-another-hash'
    }

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
  return first(candidates, refusalOfEd25519, onRefused) ?? nobleEd25519
}

/** blst when it loads and gives the known answers, else noble, which is some twenty times as slow. `onRefused` as above. */
export function fastestBls(
  options: { readonly loadBlst?: () => Blst; readonly onRefused?: (refusal: BackEndRefusal) => void } = {},
): Bls {
  return first([createBlstBls(options.loadBlst ?? loadBlst)], refusalOfBls, options.onRefused) ?? nobleBls
}

/**
 * For `useSha256`, which puts it to work everywhere: node:crypto, or noble should that not give the known answers.
 * `onRefused` as above.
 */
export function fastestSha256(
  options: {
    readonly candidates?: readonly Sha256[]
    readonly onRefused?: (refusal: BackEndRefusal) => void
  } = {},
): Sha256 {
  return first(options.candidates ?? [nodeSha256], refusalOfSha256, options.onRefused) ?? nobleSha256
}

function first<T>(
  candidates: readonly T[],
  refusalOf: (candidate: T) => BackEndRefusal | undefined,
  onRefused: (refusal: BackEndRefusal) => void = () => {},
): T | undefined {
  for (const candidate of candidates) {
    const refusal = refusalOf(candidate)
    if (refusal === undefined) return candidate
    onRefused(refusal)
  }
  return undefined
}

function refusalOfEd25519(candidate: Ed25519): BackEndRefusal | undefined {
  const { name } = candidate
  try {
    return keepsPinnedRule(candidate) ? undefined : { name, reason: 'breaks-pinned-rule' }
  } catch (cause) {
    // No prebuilt binary, another libc, ed25519 switched off: whatever was thrown, it cannot be used here.
    return { name, reason: 'unusable', cause }
  }
}

function refusalOfBls(candidate: Bls): BackEndRefusal | undefined {
  const { name } = candidate
  try {
    return keepsBlsRule(candidate) ? undefined : { name, reason: 'breaks-bls-rule' }
  } catch (cause) {
    return { name, reason: 'unusable', cause }
  }
}

function refusalOfSha256(candidate: Sha256): BackEndRefusal | undefined {
  const { name } = candidate
  try {
    return isSha256(candidate) ? undefined : { name, reason: 'computes-another-hash' }
  } catch (cause) {
    return { name, reason: 'unusable', cause }
  }
}
