/** The tuning constants of the network, each with the reason for its value. */

/** The smallest request: below this size the round trip outweighs the bytes. A timeout at this size is a stall. */
export const MIN_REQUEST_BYTES = 16 * 1024
/** The largest request: throughput stops growing at about 500 KB, and a lie wastes the whole answer. */
export const MAX_REQUEST_BYTES = 1024 * 1024
/** The first request to an unmeasured peer: 2 Mbit/s carry this answer within {@link TARGET_ROUND_TRIP_MS}. */
export const START_REQUEST_BYTES = 128 * 1024
/** The target duration of a request: long enough to hide the latency, short enough to notice a peer slowing down. */
export const TARGET_ROUND_TRIP_MS = 500
/** The weight of a new measurement in the moving average, as in geth's msgrate. The first one counts fully. */
export const MEASUREMENT_IMPACT = 0.1
/** An answer is late after this many round trips, as in geth. */
export const TIMEOUT_ROUND_TRIPS = 3
/** The shortest timeout: a busy machine of ours is not the peer's fault. */
export const MIN_TIMEOUT_MS = 3_000
/** The timeout for an unmeasured peer: 128 KiB on a line of 256 kbit/s. A later answer is still used. */
export const START_TIMEOUT_MS = 5_000
/** The longest timeout. */
export const MAX_TIMEOUT_MS = 30_000

/** The bytes in flight to us on one WebRTC connection: at 4 MB, browsers stall for seconds. */
export const MAX_WEBRTC_IN_FLIGHT_BYTES = 2 * 1024 * 1024
/**
 * The largest answer over WebRTC: all answers sent by a responder at a time stay within {@link
 * MAX_WEBRTC_IN_FLIGHT_BYTES}.
 */
export const MAX_WEBRTC_ANSWER_BYTES = 512 * 1024
/**
 * The bytes buffered in a data channel before we wait: enough to keep the line full, without a second copy of every
 * answer.
 */
export const MAX_WEBRTC_BUFFERED_BYTES = 512 * 1024
/** The size of data channel messages between tabs: libp2p's own 16 KiB cost 15 % of the throughput. */
export const WEBRTC_MESSAGE_BYTES = 64 * 1024

/** The points for a useful answer. */
export const USEFUL_SCORE = 1
/** The points for an empty answer. */
export const EMPTY_SCORE = -1
/** The points for a late answer. */
export const TIMEOUT_SCORE = -5
/** The bounds of the score, ±: a long good past must not outweigh a bad present. */
export const MAX_SCORE = 100
/**
 * At or below this score a peer is unreliable and asked last: for one half-life after an empty answer, for more than
 * three after a late one.
 */
export const UNRELIABLE_SCORE = EMPTY_SCORE / 2
/** The half-life of the score: neither merit nor fault lasts forever. */
export const SCORE_HALF_LIFE_MS = 5 * 60_000

/** The ban for a lie or a violation of the protocol. */
export const LIE_BAN_MS = 10 * 60_000
/** The ban for a stall: the peer may only be overloaded. */
export const STALL_BAN_MS = 30_000

/** The longest ban for silence: the ban doubles with each further silence, but the peer may come back. */
export const MAX_SILENCE_BAN_MS = 4 * 60_000
/** The bans kept in memory, by id and by address: some hundred bytes each. */
export const MAX_BANS = 1024

/** The first pause before a peer is dialed again. Each failure doubles the pause. */
export const MIN_REDIAL_MS = 1_000
/** The longest pause before a peer is dialed again. */
export const MAX_REDIAL_MS = 60_000
/** A connection this old resets the pauses. A flapping connection does not. */
export const STABLE_CONNECTION_MS = 30_000
/** The limit of a dial, the first Status included. Noise on a slow phone over a slow line takes seconds. */
export const DIAL_TIMEOUT_MS = 20_000

/**
 * The limit for opening a WebSocket: name, TCP, TLS and the HTTP upgrade are four round trips, and each may be lost
 * once.
 */
export const SOCKET_OPEN_MS = 6_000
/**
 * A tab's limit for the next byte of a handshake: a round trip, and some 20 ms of the server's time. Meanwhile a
 * browser may be collecting an endless message, as fast as the line.
 */
export const HANDSHAKE_SILENCE_MS = 4_000
/**
 * A tab pings after this time without a byte. Meanwhile an endless message may fill the memory, as fast as the line.
 */
export const QUIET_MS = 4_000
/** The limit for the pong, or any other byte: a message of 64 KiB on a line of 128 kbit/s, from a busy server. */
export const PONG_MS = 6_000
/** The bytes buffered in a WebSocket before we wait: more than a tab sends to a server. */
export const MAX_SOCKET_BUFFERED_BYTES = 4 * 1024 * 1024
/**
 * The sockets of one server closed by us but not by the server: an honest server answers in a round trip. A page has
 * 255 sockets in all.
 */
export const MAX_CLOSING_SOCKETS = 2
/** The time a dial waits for such a socket to end. */
export const CLOSING_MS = 1_000
/** The interval of looks at the buffer of a full WebSocket. */
export const DRAIN_POLL_MS = 10

/**
 * The streams of the protocol opened by a peer on one connection: one is enough, and a second may overlap while one
 * ends.
 */
export const MAX_STREAMS_PER_CONNECTION = 2
/** yamux's window of a stream: more than a round trip of 50 ms can hold at 40 MB/s, less than the read buffer. */
export const MAX_STREAM_WINDOW_BYTES = 2 * 1024 * 1024
/**
 * The unread bytes of a stream before libp2p resets the stream: more than the window, so an honest peer never causes a
 * reset.
 */
export const MAX_READ_BUFFER_BYTES = 8 * 1024 * 1024
/** The unread bytes of a stream to a server: a Status and a request received during the negotiation. */
export const MAX_REQUEST_READ_BUFFER_BYTES = 512 * 1024
/** The streams opened by a peer on a connection, of any protocol or none yet: each holds a read buffer. */
export const MAX_INBOUND_STREAMS = 32
/**
 * The rate and burst of streams opened by a peer on a connection: each costs some 0.2 ms, even when refused. A tab with
 * many addresses opens {@link MAX_HOP_STREAMS} at its relay. No client opens a stream per request.
 */
export const INBOUND_STREAMS_PER_SECOND = 64
export const INBOUND_STREAM_BURST = 256
/**
 * The streams of all connections of a host to a server, multiplied by the host's limit of connections. Of 64 tabs
 * arriving at once, each opens some ten; later one every two seconds. At most, streams take an eighth of a thread's
 * time.
 */
export const HOST_STREAMS_PER_SECOND = 1
export const HOST_STREAM_BURST = 6
/**
 * The streams left to a connection when its host's share is used up: an arriving tab asks for identify, a reservation,
 * peers and a state.
 */
export const SPARE_STREAMS_PER_SECOND = 0.5
export const SPARE_STREAM_BURST = 12
/**
 * The protocols proposed on a connection's streams: two for each stream, and the stream itself counts. An answer takes
 * some 50 µs.
 */
export const PROPOSALS_PER_SECOND = 3 * INBOUND_STREAMS_PER_SECOND
export const PROPOSAL_BURST = 3 * INBOUND_STREAM_BURST
/** The proposals before a connection is established: the common first line, and all known ciphers. */
export const MAX_HANDSHAKE_PROPOSALS = 16
/**
 * yamux frames with less data are counted: a window update, an empty frame and a reset each cost some 5 µs. Most are
 * requests and window updates, one update for each piece of an answer: a few thousand a second on a fast machine.
 */
export const SMALL_FRAME_BYTES = 128
export const SMALL_FRAMES_PER_SECOND = 8_192
export const SMALL_FRAME_BURST = 16_384
/** The small frames of all connections of a host to a server. */
export const HOST_SMALL_FRAMES_PER_SECOND = 2 * SMALL_FRAMES_PER_SECOND
export const HOST_SMALL_FRAME_BURST = 2 * SMALL_FRAME_BURST
/** The names of muxer and cipher in a negotiation. */
export const YAMUX_PROTOCOL_ID = '/yamux/1.0.0'
export const NOISE_PROTOCOL_ID = '/noise'
/** The rate of pings on a connection: yamux sends one in 30 s, and each needs an answer. */
export const PINGS_PER_SECOND = 1
export const PING_BURST = 32
/** The bytes unread by the peer before the connection ends: more than the largest answer. */
export const MAX_CONNECTION_WRITE_BYTES = 4 * 1024 * 1024
/**
 * The connections of a tab, its guests' included. All other tabs count as one host: half of the number at once, and two
 * a second later. Each connection costs the page some 60 ms of handshakes, all threads together.
 */
export const MAX_TAB_CONNECTIONS = 64
/** The default for the connections of a server. */
export const MAX_SERVER_CONNECTIONS = 512
/**
 * The connections of one peer id to a server: one is enough, but old connections of a returning tab may still be open.
 */
export const MAX_CONNECTIONS_PER_PEER = 4
/**
 * The default for the connections of one host to a server: many tabs share an address, but never more than a quarter of
 * all.
 */
export const MAX_CONNECTIONS_PER_HOST = 128
/** The price of a violation, in connections of the host: each handshake takes the server 10 to 20 ms. */
export const STRIKE_CONNECTIONS = 16
/** The pending sockets at a time: each may hold some memory, for at most {@link HANDSHAKE_MS}. */
export const MAX_PENDING_CONNECTIONS = 64
/**
 * The pending sockets of one host: the tabs opening at once behind one address, while the server does a handshake of 20
 * ms each.
 */
export const MAX_PENDING_CONNECTIONS_PER_HOST = 16
/** The time for a socket to become a connection: five round trips of two seconds. */
export const HANDSHAKE_MS = 10_000
/** The time for a socket to ask for a WebSocket: the first two of these round trips. */
export const REQUEST_MS = 4_000
/** The largest message of a WebSocket: noise sends at most 64 KiB, but `ws` alone would collect 100 MiB. */
export const MAX_WEBSOCKET_MESSAGE_BYTES = 1024 * 1024
/**
 * The rate and burst of a WebSocket's messages, at some 5 µs each. Noise makes two messages of each write, and a peer
 * with many small requests writes a few thousand times a second.
 */
export const WEBSOCKET_MESSAGES_PER_SECOND = 20_000
export const WEBSOCKET_MESSAGE_BURST = 40_000
/** The dials passed on by a relay for one tab at a time: as many as a tab with many addresses starts. */
export const MAX_HOP_STREAMS = 64
/**
 * The streams of a peer, and of all peers of a host, at a relay, each for a reservation or a dial: {@link
 * MAX_HOP_STREAMS} at once, and again. Later, a tab dials others now and then, and renews its reservation once an hour.
 */
export const HOP_RATES = {
  peer: { perSecond: 2, burst: 2 * MAX_HOP_STREAMS },
  host: { perSecond: 16, burst: 8 * MAX_HOP_STREAMS },
}
/**
 * The rates of identify at a server, in both directions: once a connection, and when a tab gets or loses a reservation.
 * A message may hold 600 addresses, 7 ms of work, or a signature to verify.
 */
export const IDENTIFY_RATES = { peer: { perSecond: 0.5, burst: 8 }, host: { perSecond: 8, burst: 128 } }
/** The rates of questions about other peers: a tab asks once in 20 s, and each answer looks at all peers. */
export const PEER_QUESTION_RATES = { peer: { perSecond: 0.5, burst: 16 }, host: { perSecond: 16, burst: 128 } }
/** The interval between a server's checks of a quiet connection: a closed laptop does not say goodbye. */
export const CONNECTION_CHECK_INTERVAL_MS = 60_000
/** The limit for the answer. libp2p's own 5 s end connections of tabs busy with decryption. */
export const CONNECTION_CHECK_TIMEOUT_MS = 30_000

/** The protocol of questions about other peers. */
export const PEERS_PROTOCOL_ID = '/rootlight/peers/1'
/** The peers in one answer: more than a tab dials. */
export const MAX_TOLD_PEERS = 16
/** The largest signed record: some 150 bytes, and 100 for each address. A tab has one or two addresses. */
export const MAX_PEER_RECORD_BYTES = 2048
/** The largest answer, headers included. */
export const MAX_PEER_LIST_BYTES = MAX_TOLD_PEERS * MAX_PEER_RECORD_BYTES + 1024
/** The interval of a tab's questions: other tabs come and go. */
export const FIND_INTERVAL_MS = 20_000
/** The found tabs connected or dialed at a time, beside the application's own peers: as many as keep a sync busy. */
export const MAX_FOUND_PEERS = 8
/** After this many failures in a row, a found tab has closed, and another takes its place. */
export const MAX_FOUND_FAILURES = 3
