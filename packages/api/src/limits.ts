/** What the API bounds, and why. */

/** A cohort file of a statewide graduating class (`cohortCharactersMax` of the credential package). */
export const bodyBytesMax = 64 * 1024 * 1024

/** Bytes of the bearer token: nobody guesses 256 bits. */
export const tokenBytes = 32

/** One long poll: below the five minutes after which common HTTP clients give up on a silent answer. */
export const waitMsMax = 120_000

/** How long `wait=final` waits when the request does not say. */
export const waitMsDefault = 30_000

/** Credentials of one JSON answer; more are streamed, so that no answer has to exist as one string. */
export const jsonCredentialsMax = 5_000

/** Credentials in one list when the request does not say, and at most. */
export const listLimitDefault = 1_000
export const listLimitMax = 100_000

/** Targets of one change: as many as one status event holds. */
export const targetsMax = 1_000

/** A key somebody looks a credential up by: an id, a handle or a learner's id. */
export const keyCharactersMax = 512

/** A portable status proof in base64url: 64 KiB of bytes. */
export const proofCharactersMax = 90_000

/** `api.json` has about 200 bytes; whatever is longer is not ours. */
export const discoveryBytesMax = 4_096

/** How long requests may run on while the server closes; a stopping node has ten seconds for everything. */
export const closeGraceMs = 2_000

/** How long the outcome of an event that is final in memory may take to reach the disk: a slow disk's worst sync. */
export const outcomeMsMax = 1_000

/** A cursor of the event stream: a tag and five numbers. */
export const cursorCharactersMax = 80

/** Streams of events open at once: each holds a few megabytes at most, and a person has no more programs that listen. */
export const eventStreamsMax = 32

/** How often a stream of server-sent events without news shows that it lives: below what proxies tolerate. */
export const signOfLifeMs = 15_000
