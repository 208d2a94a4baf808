/**
 * The protocol's id and its limits, each with the reason for its value. SPEC.md repeats the limits binding both sides.
 */

/** The protocol id for libp2p's negotiation. An incompatible version gets another id. */
export const PROTOCOL_ID = '/rootlight/state/1'
/** Repeated in each Status, so a transport without negotiation can tell versions apart too. */
export const PROTOCOL_VERSION = 1

/** Bytes of a frame's length prefix. Four carry lengths up to 2^28 - 1, far more than any frame may have. */
export const MAX_PREFIX_BYTES = 4
/**
 * The largest frame of a request or a Status, with room: 1,024 refs of at most 170 bytes each, or 128 roots with 1,024
 * spans of at most 137.
 */
export const MAX_REQUEST_FRAME_BYTES = 256 * 1024
/**
 * The largest frame of an answer, with room: the budget, one item beyond the budget (a code at most), and 1,024 RLP
 * headers.
 */
export const MAX_ANSWER_FRAME_BYTES = 4 * 1024 * 1024

/** The budget of an answer. Throughput stops growing at about 500 KB; larger answers only delay the requests behind. */
export const MAX_RESPONSE_BYTES = 1024 * 1024
/**
 * The largest budget of an answer, whatever both sides announce. Budget, one more code and RLP headers still fit into a
 * frame.
 */
export const MAX_BUDGET_BYTES = 2 * 1024 * 1024
/** Refs in a GetNodes or GetPaths. So many single nodes fill half the budget of an answer. */
export const MAX_REFS = 1024
/** Hashes in a GetCode or GetHeader. An average contract has 4 to 8 KB, so 256 codes fill the budget of an answer. */
export const MAX_HASHES = 256
/**
 * Requests a peer may leave open on a stream. Eight keep a connection busy; the rest is for reads overtaking a sync.
 */
export const MAX_OPEN_REQUESTS = 16
/** Requests of one peer being read or sent at the same time. Bounds the answers in memory to 4 a peer. */
export const SERVED_AT_ONCE = 4
/**
 * Reads of a peer served ahead of a waiting GetNodes of the same peer. Then the GetNodes has a turn: 16 usual reads
 * together cost less.
 */
export const READS_AHEAD = 16
/**
 * Requests of all peers being read at the same time. Enough to keep a disk busy; a new request still waits behind few
 * others.
 */
export const READ_AT_ONCE = 8
/**
 * Sustained requests a second for each peer, and the burst. A sync makes tens; the limit stops floods of one-node
 * requests.
 */
export const REQUESTS_PER_SECOND = 1000
/**
 * Sustained bytes a second for each peer, requests and answers together, and the burst. A tab cannot decrypt as many.
 */
export const BYTES_PER_SECOND = 64 * 1024 * 1024
/**
 * Streams of one peer over all connections. One is enough; the old streams of a tab which came back may not have ended
 * yet.
 */
export const STREAMS_PER_PEER = 4
/** Streams of all peers: two for each connection that a server accepts. */
export const MAX_STREAMS = 1024
/** Bytes of requests and answers held for all peers: two megabytes each for a hundred tabs on slow lines. */
export const MAX_HELD_BYTES = 256 * 1024 * 1024
/** Memory of a decoded request, as a multiple of the size of its frame, at most. Held by `request-memory.test.ts`. */
export const REQUEST_MEMORY_FACTOR = 6
/** Bytes held for the peers of one host: a quarter of the total. Many honest tabs behind one address hold less. */
export const MAX_HELD_BYTES_PER_HOST = 64 * 1024 * 1024
/** Streams of one host's peers: two for each connection that a server accepts from one host. */
export const STREAMS_PER_HOST = 256
/**
 * The cost of a millisecond of our thread, in bytes, when hosts and peers take turns. The thread mostly encrypts and
 * sends, at 60 to 100 MB a second.
 */
export const THREAD_COST_BYTES_PER_MS = 64 * 1024
/**
 * The fixed cost of a request, in bytes, beside frame, items and reading. Two messages pass all layers, in some 0.15
 * ms.
 */
export const REQUEST_COST_BYTES = 8 * 1024
/**
 * The fixed cost of a ref or a hash, in bytes, beside the reading. Decoding and the disk's look-up take about 0.01 ms.
 */
export const LOOK_UP_COST_BYTES = 1024
/** A request with this cost, in bytes, gives its turn to waiting requests. Equals 4 ms, or an answer of 256 KiB. */
export const TURN_COST_BYTES = 256 * 1024
/**
 * The most times in a row a request leaves the thread to requests with a smaller cost. A few times are enough in most
 * cases.
 */
export const MAX_STEPS_BACK = 16
/** After this cost, in bytes, everything else in the tab or server gets the thread. Equals 8 ms. */
export const THREAD_SLICE_COST_BYTES = 512 * 1024

/** The time a responder reads for one answer, in milliseconds. The answer then carries the items read so far. */
export const MAX_SERVING_MS = 2000
/**
 * The time a peer has for the first Status, in milliseconds. Opening the stream is not included, so the slowest phone
 * is in time.
 */
export const GREETING_MS = 20_000
/** The time from a message's first byte to the last, in milliseconds: enough for the largest request at 64 kbit/s. */
export const MESSAGE_MS = 40_000
/**
 * The time a peer has to take an answer, in milliseconds. No requester of ours waits longer than 30 s for an answer.
 */
export const SENDING_MS = 45_000

/** Sustained Statuses a second on a stream, and the burst. A tab in mid-sync sends one a second. */
export const STATUSES_PER_SECOND = 4
export const STATUS_BURST = 64

/** Bytes of a run beyond the budget: one node. A branch of state has 532 bytes; 4 KiB leaves room for plain tries. */
export const NODE_SLACK_BYTES = 4 * 1024
/** Bytes of an answer to GetPaths beyond the budget: one way of at most 130 nodes, 532 bytes each. */
export const PATH_SLACK_BYTES = 128 * 1024
/** The largest code. EIP-170 allows 24 KiB, proposals 256 KiB, and private chains more. */
export const MAX_CODE_BYTES = 1024 * 1024
/**
 * The largest header. Headers of mainnet have 500 to 700 bytes; signatures in `extraData` add some thousands on private
 * chains.
 */
export const MAX_HEADER_BYTES = 16 * 1024

/** Roots in a Status: as many as geth keeps states in memory. */
export const MAX_STATUS_ROOTS = 128
/** Spans in a Status over all roots. A tab in mid-sync has tens. */
export const MAX_STATUS_SPANS = 1024

/** Smaller pieces are copied next to their headers. A copy of this size costs less than one more buffer. */
export const COPY_BELOW_BYTES = 2048
