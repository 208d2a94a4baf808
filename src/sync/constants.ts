/** The numbers that the sync is tuned by, each with the reason for its value. */

/** A page's size at most: Chromium keeps an IndexedDB value below 64 KiB in its record, and moves a larger one to a file. */
export const MAX_PAGE_BYTES = 60 * 1024

/**
 * Verified bytes in memory at which the window of gaps has narrowed to {@link MIN_WINDOW}. Some four answers of the
 * largest size; the spans of a sync from eight peers hold about 1 MB.
 */
export const MAX_HELD_BYTES = 4 * 1024 * 1024

/** The first so many gaps of the frontier may be asked for while nothing is held: memory stays a frontier of this size. */
export const MAX_WINDOW = 4096
/** The window never closes below this: the spans that would fill a page wait for the gaps between them. */
export const MIN_WINDOW = 64

/** Refs in one request at most; the original asks for 384 hashes. */
export const MAX_REFS_PER_REQUEST = 384
/** Bytecodes in one request at most: 64 of the largest (24 KiB) are 1.5 MB. */
export const MAX_CODES_PER_REQUEST = 64

/** Requests in flight to one peer: one on its way there, one being answered, one on its way back. */
export const MAX_REQUESTS_PER_PEER = 3

/** What a storage trie of which only the root's hash is known is taken to weigh: most contracts are small. */
export const UNKNOWN_TRIE_BYTES = 600
/** What one node is taken to weigh where it is asked for alone. */
export const SINGLE_NODE_BYTES = 300
/** A trie is estimated from the share of it that is known, and that is taken to be no less than this. */
export const MIN_KNOWN_SHARE = 1 / 4096

/** Bytes verified between two looks at the clock: some 2 ms of work. */
export const SLICE_BYTES = 64 * 1024
/** Work on the thread that may also draw the page: two such slices and a frame's own work fit into 16 ms. */
export const SLICE_MS = 6

/** What the frontier holds is kept as loose pages this often: a closed tab loses no more than this. */
export const LOOSE_INTERVAL_MS = 3_000

/** How often progress is told: faster than an eye follows costs frames. */
export const PROGRESS_INTERVAL_MS = 100

/** A sync without a peer is connecting for this long, then it is stalled. */
export const CONNECT_GRACE_MS = 5_000
/** A peer that answered with nothing is asked for the same again after this long: it may have caught up. */
export const RETRY_EMPTY_MS = 5_000

/** Bytes of all answers that may be on their way at once, whatever the number of peers: they wait in memory. */
export const MAX_IN_FLIGHT_BYTES = 8 * 1024 * 1024
/** Bytes asked of the disk at once: some nine pages. */
export const LOCAL_REQUEST_BYTES = 512 * 1024
/** A request that has waited for this many of its peer's usual times is overdue: an idle peer is asked as well. */
export const HEDGE_ROUND_TRIPS = 2
/** No request is overdue sooner: a few hundredths of a second are chance. */
export const MIN_HEDGE_MS = 100
/** When a request is overdue whose peer was never measured. */
export const START_HEDGE_MS = 500
/** So many idle peers are asked for the first node of all at once: until it is here, nobody has anything to do. */
export const MAX_FIRST_HEDGES = 2
/** What a peer is asked for at least, where little is left and shared among many; also the budget of {@link MAX_FIRST_HEDGES}. */
export const MIN_SHARE_BYTES = 16 * 1024

/** A peer that refuses a request without an answer is left alone for this long. */
export const REFUSAL_REST_MS = 1_000

/** Nodes read from the disk at once while the frontier finds out what it has. */
export const MAX_RESOLVES = 32

/** A full disk is tried again after this long: the browser may have cleaned up by itself, and a try costs little. */
export const FIRST_ROOM_RETRY_MS = 2_000
/** The tries become rarer up to this: whoever has made room by hand, and tells nobody, waits no longer than a minute. */
export const MAX_ROOM_RETRY_MS = 60_000
