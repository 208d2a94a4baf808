/** The numbers of reads that ask peers, each with the reason for its value. */

/** A read that nobody has answered by then is given up: whoever looks at a page has done so before. */
export const READ_TIMEOUT_MS = 15_000
/** Peers that were just lost, or not met yet, are waited for so long: a redial takes one to two seconds. */
export const LOST_PEER_GRACE_MS = 3_000

/** A peer that has not answered a read for so long is not waited for alone any more, if it was never measured. */
export const READ_HEDGE_MS = 500
/** The same for one that was, as a multiple of its usual time; but no sooner than {@link MIN_READ_HEDGE_MS}. */
export const READ_HEDGE_ROUND_TRIPS = 2
export const MIN_READ_HEDGE_MS = 100

/** Peers that one read is asked of at the same time. */
export const MAX_READ_PEERS = 2
/** Refs or hashes in one request: a wallet's whole list, and an answer of some hundred kilobytes at most. */
export const MAX_WANTS_PER_REQUEST = 128
/** What one way is taken to weigh: eight levels of branches of 532 bytes, and a leaf, in two tries. */
export const WAY_BYTES = 8 * 1024
/** What one code is taken to weigh: the largest that EIP-170 allows. */
export const CODE_BYTES = 24 * 1024
/** What one header is taken to weigh: some 600 bytes, and room for seals of other chains. */
export const HEADER_BYTES = 4 * 1024
/** A peer that refuses a read without an answer (as many requests are open as it allows) is left alone for so long. */
export const REFUSAL_REST_MS = 100

/** Fetched nodes that are kept: some two thousand ways, in memory and on disk. */
export const MAX_FETCHED_BYTES = 4 * 1024 * 1024
/**
 * What is new is written beside what is there, so often or so many bytes; then all of it is written anew, as few full pages: a
 * page on disk costs a read when the next client looks for it, whatever its size.
 */
export const MAX_ADDED_PAGES = 128
export const MAX_ADDED_BYTES = MAX_FETCHED_BYTES
/** They are written this long after the first that is new: reads come in bursts, and all are written at once. */
export const KEEP_DELAY_MS = 1_000
