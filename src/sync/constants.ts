/** The tuning numbers of the sync, each with the reason for its value. */

/**
 * The largest size of a page. Chromium keeps an IndexedDB value below 64 KiB in its record, and moves a larger one to a
 * file.
 */
export const MAX_PAGE_BYTES = 60 * 1024

/**
 * The verified bytes in memory at which the limit on gaps has shrunk to {@link MIN_OPEN_GAPS}. About four answers of the
 * largest size; the spans of a sync from eight peers hold about 1 MB.
 */
export const MAX_HELD_BYTES = 4 * 1024 * 1024

/**
 * The number of gaps, from the start of the frontier, open to requests while no bytes are held. Bounds the memory of
 * the frontier.
 */
export const MAX_OPEN_GAPS = 4096
/** The smallest such number of gaps: a span can fill a page only after the gaps next to the span are fetched. */
export const MIN_OPEN_GAPS = 64

/** The most refs in one request; the original asks for 384 hashes. */
export const MAX_REFS_PER_REQUEST = 384
/** The most bytecodes in one request: 64 of the largest (24 KiB) are 1.5 MB. */
export const MAX_CODES_PER_REQUEST = 64

/** The most requests in flight to one peer: one on the way there, one being answered, one on the way back. */
export const MAX_REQUESTS_PER_PEER = 3

/** The assumed size of a storage trie with only its root hash known: most contracts are small. */
export const UNKNOWN_TRIE_BYTES = 600
/** The assumed size of a node requested alone. */
export const SINGLE_NODE_BYTES = 300
/** The least assumed known share of a trie: the estimate divides the known bytes by the known share. */
export const MIN_KNOWN_SHARE = 1 / 4096

/** Bytes verified between two looks at the clock: about 2 ms of work. */
export const SLICE_BYTES = 64 * 1024
/** Time of work on a thread that may also draw the page: two such slices and a frame's own work fit into 16 ms. */
export const SLICE_MS = 6

/** The interval between writes of the frontier's nodes as loose pages: a closed tab loses no more than this. */
export const LOOSE_INTERVAL_MS = 3_000

/** The interval between progress events: more often than the eye can follow costs frames. */
export const PROGRESS_INTERVAL_MS = 100

/** The time for which a sync without a peer is connecting. After this time the sync is stalled. */
export const CONNECT_GRACE_MS = 5_000
/** The time after which a peer that answered with nothing is asked again: the peer may have caught up. */
export const RETRY_EMPTY_MS = 5_000

/** The most bytes of all answers in flight, for any number of peers: answers wait in memory. */
export const MAX_IN_FLIGHT_BYTES = 8 * 1024 * 1024
/** Bytes per request to the disk: about nine pages. */
export const LOCAL_REQUEST_BYTES = 512 * 1024
/** A request is overdue after this many usual round trips of its peer: then an idle peer is asked as well. */
export const HEDGE_ROUND_TRIPS = 2
/** The earliest time at which a request is overdue: shorter delays are chance. */
export const MIN_HEDGE_MS = 100
/** The time at which a request to a peer without a measurement is overdue. */
export const START_HEDGE_MS = 500
/** The number of idle peers asked at once for the very first node: until this node is here, there is no other work. */
export const MAX_FIRST_HEDGES = 2
/**
 * The smallest byte budget of a request, where little is left for many peers. Also the budget of
 * {@link MAX_FIRST_HEDGES}.
 */
export const MIN_SHARE_BYTES = 16 * 1024

/** The pause after a peer refused a request without an answer. */
export const REFUSAL_REST_MS = 1_000

/** Nodes read from the disk at the same time, while the frontier learns what the disk holds. */
export const MAX_RESOLVES = 32

/** The pause before a full disk is tried again: the browser may have made room by itself, and a try costs little. */
export const FIRST_ROOM_RETRY_MS = 2_000
/** The longest such pause: if the user makes room without telling the client, the sync goes on within a minute. */
export const MAX_ROOM_RETRY_MS = 60_000
