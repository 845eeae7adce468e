/** What the process says to a script when it ends. README.md lists them. */

export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  configuration: 3,
  notInitialised: 4,
  locked: 5,
  unreachable: 6,
  timedOut: 7,
  notAllowed: 8,
  notFound: 9,
  damaged: 10,
  repaired: 11,
  notValid: 20,
  revokedOrSuspended: 21,
  outsideValidity: 22,
  couldNotCheck: 23,
  issuerUnknown: 24,
  /** As a shell counts a process that ended by SIGINT. */
  interrupted: 130,
} as const

/** The exit code of an error code; 1 for whatever has none of its own. */
export function exitCodeOf(code: string): number {
  return byCode[code] ?? exitCodes.failed
}

const byCode: Readonly<Record<string, number>> = {
  CLI_USAGE: exitCodes.usage,
  NODE_PRUNE_TOO_FAR: exitCodes.usage,
  API_BAD_REQUEST: exitCodes.usage,
  API_AMBIGUOUS: exitCodes.usage,
  API_NOT_A_CREDENTIAL: exitCodes.usage,
  NODE_CURSOR_INVALID: exitCodes.usage,
  NODE_INVALID_EVENT: exitCodes.usage,
  NODE_CURSOR_OF_OTHER_STORE: exitCodes.usage,
  CLI_FILE_UNREADABLE: exitCodes.configuration,
  CLI_FILE_EXISTS: exitCodes.configuration,
  CLI_FILE_INVALID: exitCodes.configuration,
  CLI_DIRECTORY_NOT_EMPTY: exitCodes.configuration,
  CLI_REGISTRAR_MISSING: exitCodes.configuration,
  CLI_NETWORK_NEEDED: exitCodes.configuration,
  NODE_OTHER_NETWORK: exitCodes.configuration,
  NODE_OTHER_ORG: exitCodes.configuration,
  NODE_NOT_A_MEMBER: exitCodes.configuration,
  NODE_STORE_SCHEMA: exitCodes.configuration,
  NETWORK_ADDRESS_INVALID: exitCodes.configuration,
  NETWORK_LISTEN_FAILED: exitCodes.configuration,
  NETWORK_LISTEN_IN_USE: exitCodes.configuration,
  API_PORT_IN_USE: exitCodes.configuration,
  CLI_NOT_INITIALISED: exitCodes.notInitialised,
  STORE_LOCKED: exitCodes.locked,
  API_UNREACHABLE: exitCodes.unreachable,
  CLI_TIMED_OUT: exitCodes.timedOut,
  CLI_INTERRUPTED: exitCodes.interrupted,
  API_UNAUTHORISED: exitCodes.notAllowed,
  API_NOT_OUR_CREDENTIAL: exitCodes.notAllowed,
  NODE_SIGNING_REFUSED: exitCodes.notAllowed,
  NODE_KEYS_NOT_KEPT: exitCodes.notAllowed,
  NODE_RECOVERY_REFUSED: exitCodes.notAllowed,
  NODE_MEMBERSHIP_REFUSED: exitCodes.notAllowed,
  NODE_NOTHING_TO_SALVAGE: exitCodes.notFound,
  CLI_NO_SUCH_MEMBER: exitCodes.notFound,
  API_CREDENTIAL_NOT_FOUND: exitCodes.notFound,
  CLI_MEMBER_UNKNOWN: exitCodes.notFound,
  API_EVENT_NOT_FOUND: exitCodes.notFound,
}
