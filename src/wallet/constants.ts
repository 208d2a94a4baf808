/** The tuning numbers of reads from peers, each with the reason for its value. */

/** How long a read waits for an answer. A user looking at the window has given up by then. */
export const READ_TIMEOUT_MS = 15_000
/** How long a read waits for peers just lost or not met yet. A redial takes one to two seconds. */
export const LOST_PEER_GRACE_MS = 3_000

/** How long a read waits for one unmeasured peer alone, before another peer is asked as well. */
export const READ_HEDGE_MS = 500
/** The same for a measured peer, as a multiple of its usual round trip, and at least {@link MIN_READ_HEDGE_MS}. */
export const READ_HEDGE_ROUND_TRIPS = 2
export const MIN_READ_HEDGE_MS = 100

/** The most peers asked for one read at the same time. */
export const MAX_READ_PEERS = 2
/** Refs or hashes in one request: enough for a wallet's whole list, and some hundred kilobytes of answer at most. */
export const MAX_WANTS_PER_REQUEST = 128
/** The assumed size of one way: eight levels of branches of 532 bytes, and a leaf, in two tries. */
export const WAY_BYTES = 8 * 1024
/** The assumed size of one code: the largest allowed by EIP-170. */
export const CODE_BYTES = 24 * 1024
/** The assumed size of one header: about 600 bytes, and room for the seals of other chains. */
export const HEADER_BYTES = 4 * 1024
/** How long a read leaves a peer alone after a refusal. A peer refuses while its allowed number of requests is open. */
export const REFUSAL_REST_MS = 100

/** The most bytes of fetched nodes kept in memory and on disk: about two thousand ways. */
export const MAX_FETCHED_BYTES = 4 * 1024 * 1024
/**
 * How many pages or bytes of new nodes are added beside the stored ones. Beyond, all nodes are rewritten as few full
 * pages. The next client pays one read per page, whatever the page's size.
 */
export const MAX_ADDED_PAGES = 128
export const MAX_ADDED_BYTES = MAX_FETCHED_BYTES
/** How long the first new node waits before the write. Reads come in bursts, and one write takes the whole burst. */
export const KEEP_DELAY_MS = 1_000
