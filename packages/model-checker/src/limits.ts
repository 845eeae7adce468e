/** Bounds of a model. Each says why it has its value. */

/** n = 3f + 1 with f = 1: the smallest network in which a validator may lie. */
export const validatorsOfModel = 4

/** The views' SKIP votes share a word with the FINAL votes. */
export const viewsMax = 6

/** A bit for each header, above which stand the views of the SKIP votes; two such words and the views make 52 bits. */
export const headersMax = 23

/** Proposals of honest leaders, a bit for each in a word. */
export const proposalsMax = 32

/** Three of these make one word pair of the table of states. */
export const localStatesMax = 2 ** 21

/** States in one piece of the table: 64 MiB for the three columns, so that growing copies nothing. */
export const chunkStates = 2 ** 22

/** Power cuts in one run of a model; what a second one does to a record, the first has done. */
export const crashesMaxOfModel = 3
