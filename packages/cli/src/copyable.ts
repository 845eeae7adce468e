/** Commands that a text names, as this person has to type them: a hint that leads to another folder helps nobody. */
import { shownPath } from './paths.js'

export const dataDirDefault = './chirograph-data'

/** Commands that look at an institution's folder, or speak with the node that runs on it. */
export const folderCommands = [
  'start',
  'stop',
  'status',
  'doctor',
  'fsck',
  'store stat',
  'store compact',
  'store migrate',
  'store prune',
  'issue',
  'revoke',
  'suspend',
  'reinstate',
  'credential list',
  'credential show',
  'credential export',
  'events',
  'proof export',
  'anchor export',
  'verify',
  'key rotate',
  'key commit-consensus',
  'key rotate-consensus',
  'member list',
  'member application',
  'member apply',
  'member show-application',
  'member approve',
  'member evict',
  'member join',
  'member leave',
  'member forks',
  'member approve-recovery',
  'member salvage',
  'govern show',
  'govern theft',
  'govern reaffirm',
  'govern propose-revoke',
  'govern propose-suspend',
  'govern propose-annul',
  'govern propose-close',
  'govern propose-recognition',
  'govern propose-end-recognition',
  'govern show-measure',
  'govern approve',
  'govern withdraw',
  'govern carry-out',
  'govern recognise',
  'govern end-recognition',
  'govern custody-revoke',
  'govern custody-suspend',
  'govern custody-reinstate',
] as const

// What has its folder already, before the next clause or line, keeps it.
const named = new RegExp(`\\bchirograph (${folderCommands.join('|')})(?![\\w-])(?![^;\\n]* --data-dir)`, 'g')

/** The text with `--data-dir` behind every such command, unless the folder is the one that is taken without it. */
export function copyable(text: string, dataDir: string): string {
  const place = shownPath(dataDir)
  if (place === dataDirDefault) return text
  return text.replace(named, (command) => `${command} --data-dir ${quoted(place)}`)
}

/** One word to a shell. */
function quoted(path: string, platform = process.platform): string {
  if (/^[\w@%+=:,./\\-]+$/.test(path)) return path
  return platform === 'win32' ? `"${path}"` : `'${path.replaceAll("'", String.raw`'\''`)}'`
}
