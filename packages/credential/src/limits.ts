/** Every bound on what this package reads and makes, with its reason. */

/** A credential as text. An Open Badge is 3–6 kB; the rest is room for foreign ones with an embedded image. */
export const credentialBytesMax = 262_144

/** A receipt as text: a path of 24 digests in hex and its few fields stay below 3 kB. */
export const receiptBytesMax = 8_192

/** What one check reports: a person mends ten mistakes at a time, and a hostile file must not fill a screen. */
export const problemsMax = 50

/** What a problem quotes of the value that was found, in characters. */
export const quoteCharactersMax = 80

/** People in one file and in one batch: the largest statewide graduating class, with room. */
export const cohortRowsMax = 100_000

/** A cohort file in characters: 100,000 rows of ordinary length, and small enough to hold twice in memory. */
export const cohortCharactersMax = 67_108_864

/** One row of a cohort file in characters: every field at its limit, quoted. */
export const cohortRecordCharactersMax = 32_768

/** One person written as JSON, in bytes: every field at its limit and a hundred alignments. */
export const singleBytesMax = 131_072

/** A learner's id in the institution's own system. */
export const learnerIdCharactersMax = 128

/** A name or a title that has to fit a line of a certificate. */
export const nameCharactersMax = 200

/** RFC 5321 section 4.5.3.1: 254 is the longest address that fits a mail path. */
export const emailCharactersMax = 254

/** A DID or an id of an achievement: what URL handling treats as safe everywhere. */
export const uriCharactersMax = 2_048

/** One paragraph that says what was achieved. */
export const descriptionCharactersMax = 2_000

/** What had to be done, with room for a list of outcomes. */
export const criteriaCharactersMax = 8_000

/** Credit hours: a whole degree is about 120 semester hours or 240 ECTS credits. */
export const creditsMax = 1_000

/** Links from one achievement into skill and competency frameworks. */
export const alignmentsMax = 100

/** Entries in one status list: the smallest that Bitstring Status List v1.0 section 6.1 allows, for herd privacy. */
export const statusListEntries = 131_072

/** The first and last year that a date in a file may name: anything else is a typing mistake. */
export const yearMin = 1900
export const yearMax = 2200
