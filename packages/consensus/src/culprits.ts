/** More than f are faulty: two certificates that contradict each other, and who signed both. SPEC H17, H18. */
import { type Certificate, signersOf } from './certificate.js'

/** H17: what no honest validator signs both of: FINAL beside SKIP, or two headers, of one view. */
export function doContradict(first: Certificate, second: Certificate): boolean {
  if (first.epoch !== second.epoch || first.view !== second.view) return false
  const types = [first.type, second.type]
  if (types.includes('skip')) return types.includes('final')
  return first.digest !== second.digest
}

/** H18: the validators, ascending, that signed both; none where the two agree. Both must have been checked. */
export function culpritsOf(first: Certificate, second: Certificate): number[] {
  if (!doContradict(first, second)) return []
  const others = new Set(signersOf(second))
  return signersOf(first).filter((signer) => others.has(signer))
}
