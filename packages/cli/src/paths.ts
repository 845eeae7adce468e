/** Where paths on the command line lead. */
import { isAbsolute, relative, resolve } from 'node:path'

/**
 * npm runs scripts in the package's own directory and says in INIT_CWD where the person stood: relative paths are
 * meant from there.
 */
export function resolvePath(path: string, env: NodeJS.ProcessEnv = process.env, cwd = process.cwd()): string {
  if (isAbsolute(path)) return path
  const isThroughNpm = env.npm_lifecycle_event !== undefined || env.npm_execpath !== undefined
  return resolve(isThroughNpm && env.INIT_CWD ? env.INIT_CWD : cwd, path)
}

/** A path as short as it can be typed from where the person stands. */
export function shownPath(path: string, env: NodeJS.ProcessEnv = process.env): string {
  const short = relative(resolvePath('.', env), path)
  return short === '' ? '.' : short.startsWith('..') ? path : `./${short}`
}
