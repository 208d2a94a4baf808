/** The protocol's id, its limits, and why each has the value that it has. SPEC.md repeats those that bind both sides. */

/** What libp2p negotiates. Another incompatible version gets another id. */
export const PROTOCOL_ID = '/rootlight/state/1'
/** Repeated in each Status, so that a transport without negotiation can tell versions apart too. */
export const PROTOCOL_VERSION = 1

/** Bytes of a frame's length prefix: four carry 2^28 - 1, far more than any frame may have. */
export const MAX_PREFIX_BYTES = 4
/** A request or a Status: 1,024 refs of at most 170 bytes, or 128 roots with 1,024 spans of at most 137, and room. */
export const MAX_REQUEST_FRAME_BYTES = 256 * 1024
/** An answer: the budget, the one item that passes it (a code at most), and the headers of 1,024 runs, and room. */
export const MAX_ANSWER_FRAME_BYTES = 4 * 1024 * 1024

/** The budget of an answer. Throughput stops to grow at about 500 KB; more only delays whoever waits behind it. */
export const MAX_RESPONSE_BYTES = 1024 * 1024
/** The largest budget of an answer, whatever both sides say: with a code behind it, and headers, it still is a frame. */
export const MAX_BUDGET_BYTES = 2 * 1024 * 1024
/** Refs in a GetNodes or GetPaths: as many single nodes as fill half the budget of an answer. */
export const MAX_REFS = 1024
/** Hashes in a GetCode or GetHeader: an average contract has 4 to 8 KB, so this fills the budget of an answer. */
export const MAX_HASHES = 256
/** Requests that a peer may leave open on a stream. Eight keep a connection full; the rest is for reads that overtake. */
export const MAX_OPEN_REQUESTS = 16
/** Requests of one peer that are read from the source and sent at the same time: holds at most 4 answers in memory. */
export const SERVED_AT_ONCE = 4
/** Reads of a peer that go ahead of a GetNodes of its own that waits; then it has its turn. Together they are less than it. */
export const READS_AHEAD = 16
/** Requests of all peers that are read at the same time: keeps a disk busy, and whoever comes next waits for few. */
export const READ_AT_ONCE = 8
/** Sustained requests a second and peer, and the burst. A sync makes tens; this stops floods of one-node requests. */
export const REQUESTS_PER_SECOND = 1000
/** Sustained bytes a second and peer, requests and answers together, and the burst: more than a tab can decrypt. */
export const BYTES_PER_SECOND = 64 * 1024 * 1024
/** Streams of one peer, on all its connections: one is enough, and the old ones of a tab that came back may still stand. */
export const STREAMS_PER_PEER = 4
/** Streams of all peers: two for each connection that a server accepts. */
export const MAX_STREAMS = 1024
/** What a responder holds for all peers, requests and answers: two megabytes each for a hundred tabs on slow lines. */
export const MAX_HELD_BYTES = 256 * 1024 * 1024
/** Memory that a decoded request takes, as a multiple of its frame: measured with 1,024 refs. */
export const REQUEST_MEMORY_FACTOR = 4
/** What one host's peers make us hold: a quarter of it all. Many honest tabs behind one address hold less. */
export const MAX_HELD_BYTES_PER_HOST = 64 * 1024 * 1024
/** Streams of one host's peers: two for each connection that a server accepts from one. */
export const STREAMS_PER_HOST = 256
/**
 * What a millisecond of our thread costs, in bytes, when hosts and peers take turns: encrypting and sending is what it does
 * most, and 60 to 100 MB a second is what it does of that.
 */
export const THREAD_COST_BYTES_PER_MS = 64 * 1024
/** What a request costs beside its bytes, its items and the reading: two messages through all layers, some 0.15 ms. */
export const REQUEST_COST_BYTES = 8 * 1024
/** What a ref or a hash costs beside the reading: decoding it, and asking the disk for it, some hundredth of a millisecond. */
export const LOOK_UP_COST_BYTES = 1024
/** A request that has cost this much gives its turn to others that wait: 4 ms, or an answer of 256 KiB. */
export const TURN_COST_BYTES = 256 * 1024
/** How often, in a row, a request leaves the thread to others that have had less: most of them need it a few times. */
export const MAX_STEPS_BACK = 16
/** After so much the thread is left to everything else that waits for it: 8 ms. */
export const THREAD_SLICE_COST_BYTES = 512 * 1024

/** How long a responder goes on reading for one answer, in milliseconds; then it sends what it has. */
export const MAX_SERVING_MS = 2000
/** How long a peer may take to send its first Status. The slowest phone has opened the stream already. */
export const GREETING_MS = 20_000
/** How long a message may take from its first byte to its last: the largest request on a line of 64 kbit/s. */
export const MESSAGE_MS = 40_000
/** How long an answer may wait for a peer that does not read. No requester of ours waits longer than 30 s for one. */
export const SENDING_MS = 45_000

/** Sustained Statuses a second and stream, and the burst. A tab in mid-sync sends one a second. */
export const STATUSES_PER_SECOND = 4
export const STATUS_BURST = 64

/** What a run may pass its budget by: one node. A branch of state has 532 bytes; 4 KiB leaves room for plain tries. */
export const NODE_SLACK_BYTES = 4 * 1024
/** What an answer to GetPaths may pass its budget by: one path, of at most 130 nodes of 532 bytes. */
export const PATH_SLACK_BYTES = 128 * 1024
/** The largest code. EIP-170 says 24 KiB, proposals say 256 KiB, and chains of their own say more. */
export const MAX_CODE_BYTES = 1024 * 1024
/** The largest header. Mainnet's have 500 to 700 bytes; what a chain of its own signs into `extraData` has some thousands. */
export const MAX_HEADER_BYTES = 16 * 1024

/** Roots in a Status: as many as geth keeps states in memory. */
export const MAX_STATUS_ROOTS = 128
/** Spans in a Status, over all its roots: a tab in mid-sync has tens. */
export const MAX_STATUS_SPANS = 1024

/** Pieces below this size are copied next to their headers: a copy of this size costs less than one more buffer. */
export const COPY_BELOW_BYTES = 2048
