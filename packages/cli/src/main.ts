/** What `bin/chirograph.js` runs. */
import { useSha256 } from '@chirograph/codec'
import { fastestSha256 } from '@chirograph/crypto-native'
import { runCommand } from './program.js'

useSha256(fastestSha256())

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

process.exitCode = await runCommand(process.argv.slice(2))
