/** Why a network could not listen. */

import { ChirographError } from '@chirograph/interface'

/** libp2p reports every address that failed in one message; the system's error names are in it. */
export function listenFailure(listen: readonly string[], cause: unknown): ChirographError {
  const addresses = listen.join(', ')
  if (cause instanceof Error && cause.message.includes('EADDRINUSE')) {
    return new ChirographError({
      code: 'NETWORK_LISTEN_IN_USE',
      what: `another program listens on ${addresses}`,
      hint: 'stop it, or choose another port',
      facts: { addresses },
      cause,
    })
  }
  return new ChirographError({
    code: 'NETWORK_LISTEN_FAILED',
    what: `it is not possible to listen on ${addresses}`,
    hint: 'check that the address belongs to this machine and that the port may be used',
    facts: { addresses },
    cause,
  })
}
