/** The tuning constants of the network, each with the reason for its value. */

/** The smallest request: below it the round trip outweighs the bytes. A timeout at this size is a stall. */
export const MIN_REQUEST_BYTES = 16 * 1024
/** The largest request: throughput stops to grow at about 500 KB, and a lie in it costs all of it. */
export const MAX_REQUEST_BYTES = 1024 * 1024
/** The first request to a peer that was not measured yet: 2 Mbit/s carry it within {@link TARGET_ROUND_TRIP_MS}. */
export const START_REQUEST_BYTES = 128 * 1024
/** How long a request should take: long enough to hide the latency, short enough to notice a peer that slows down. */
export const TARGET_ROUND_TRIP_MS = 500
/** Weight of a new measurement in the moving average, as in geth's msgrate. The first one counts fully. */
export const MEASUREMENT_IMPACT = 0.1
/** Round trips that an answer may take before it is late, as in geth. */
export const TIMEOUT_ROUND_TRIPS = 3
/** No timeout is shorter: a busy machine answers late for reasons that are not the peer's. */
export const MIN_TIMEOUT_MS = 3_000
/** The timeout of a peer that was not measured yet: 128 KiB on a line of 256 kbit/s. What comes later is used all the same. */
export const START_TIMEOUT_MS = 5_000
/** No timeout is longer. */
export const MAX_TIMEOUT_MS = 30_000

/** Bytes that may be on their way to us on one WebRTC connection: with 4 MB of them, browsers stall for seconds. */
export const MAX_WEBRTC_IN_FLIGHT_BYTES = 2 * 1024 * 1024
/** An answer over WebRTC: as many as a responder sends at a time stay within {@link MAX_WEBRTC_IN_FLIGHT_BYTES}. */
export const MAX_WEBRTC_ANSWER_BYTES = 512 * 1024
/** What a data channel takes before it makes us wait: enough to keep the line full, and no second copy of every answer. */
export const MAX_WEBRTC_BUFFERED_BYTES = 512 * 1024
/** Messages of a data channel between tabs: libp2p's own 16 KiB cost 15 % of the throughput. */
export const WEBRTC_MESSAGE_BYTES = 64 * 1024

/** Score for an answer that was useful. */
export const USEFUL_SCORE = 1
/** Score for an answer without anything. */
export const EMPTY_SCORE = -1
/** Score for an answer that did not come in time. */
export const TIMEOUT_SCORE = -5
/** The score stays within ± this, so that a long good life does not outweigh a bad present. */
export const MAX_SCORE = 100
/** From this score down a peer is unreliable, and asked last: for one half-life after an empty answer, for four after a late one. */
export const UNRELIABLE_SCORE = EMPTY_SCORE / 2
/** The score halves in this time: nothing is held against a peer, or in its favour, for ever. */
export const SCORE_HALF_LIFE_MS = 5 * 60_000

/** How long a liar, or a peer that breaks the protocol, is kept out. */
export const LIE_BAN_MS = 10 * 60_000
/** How long a peer that stalls is kept out: it may only be overloaded. */
export const STALL_BAN_MS = 30_000

/** A peer that goes on being silent is kept out for twice as long each time, up to this: it may be back. */
export const MAX_SILENCE_BAN_MS = 4 * 60_000
/** Bans, by id and by address, that a tab remembers: some hundred bytes each. */
export const MAX_BANS = 1024

/** The first pause before a peer is dialed again; each failure doubles it. */
export const MIN_REDIAL_MS = 1_000
/** The longest pause before a peer is dialed again. */
export const MAX_REDIAL_MS = 60_000
/** A connection that held this long starts the pauses from the first again; one that flaps does not. */
export const STABLE_CONNECTION_MS = 30_000
/** How long a dial may take, with the first Status. Noise on a slow phone over a slow line takes seconds. */
export const DIAL_TIMEOUT_MS = 20_000

/** How long a WebSocket may take to open: name, TCP, TLS and the HTTP upgrade are four round trips, and each may be lost once. */
export const SOCKET_OPEN_MS = 6_000
/**
 * How long a tab waits for the next byte of a handshake. Each is a round trip and some 20 ms of the server's time, and in
 * the meantime a browser may be collecting a message without end, at what the line carries.
 */
export const HANDSHAKE_SILENCE_MS = 4_000
/** A tab that has heard nothing for so long pings: what fills the memory meanwhile is what the line carries in it. */
export const QUIET_MS = 4_000
/** How long the pong, or anything else, may take: a message of 64 KiB on a line of 128 kbit/s, and a server that is busy. */
export const PONG_MS = 6_000
/** What a WebSocket takes before it makes us wait: more than a tab says to a server. */
export const MAX_SOCKET_BUFFERED_BYTES = 4 * 1024 * 1024
/** Sockets of one server that we have closed, and it has not: an honest one answers in a round trip. A page has 255 in all. */
export const MAX_CLOSING_SOCKETS = 2
/** How long a dial waits for one of them to end. */
export const CLOSING_MS = 1_000
/** How often the buffer of a full WebSocket is looked at. */
export const DRAIN_POLL_MS = 10

/** Streams of the protocol that a peer may open on one connection: one is enough, a second may overlap while one ends. */
export const MAX_STREAMS_PER_CONNECTION = 2
/** Yamux's window of a stream: more than a round trip of 50 ms can hold at 40 MB/s, less than the read buffer. */
export const MAX_STREAM_WINDOW_BYTES = 2 * 1024 * 1024
/** What a stream may hold unread before libp2p resets it: more than the window, so that it never happens by itself. */
export const MAX_READ_BUFFER_BYTES = 8 * 1024 * 1024
/** What a stream to a server may hold unread: a Status and a request that came while the protocol was being negotiated. */
export const MAX_REQUEST_READ_BUFFER_BYTES = 512 * 1024
/** Streams of any protocol on a connection that the peer opened, those included that do not say which: each holds a read buffer. */
export const MAX_INBOUND_STREAMS = 32
/**
 * Streams a second that a peer may open on a connection, and at once: each costs some 0.2 ms, also one that is refused. A tab
 * that was opened with many addresses opens {@link MAX_HOP_STREAMS} at its relay; nobody opens one for each request.
 */
export const INBOUND_STREAMS_PER_SECOND = 64
export const INBOUND_STREAM_BURST = 256
/**
 * Those of all connections of a host to a server, for each connection that it may have: of 64 tabs that come at once each opens
 * some ten, and later one in two seconds. With an eighth of a thread's time at the most, whatever it is that is opened.
 */
export const HOST_STREAMS_PER_SECOND = 1
export const HOST_STREAM_BURST = 6
/** What a connection may open when its host has no more: a tab that comes asks who we are, for a place, for peers and a state. */
export const SPARE_STREAMS_PER_SECOND = 0.5
export const SPARE_STREAM_BURST = 12
/** Protocols that may be proposed on a connection's streams, two for each stream, which counts itself: an answer takes some 50 µs. */
export const PROPOSALS_PER_SECOND = 3 * INBOUND_STREAMS_PER_SECOND
export const PROPOSAL_BURST = 3 * INBOUND_STREAM_BURST
/** The same before there is a connection: the line that everybody begins with, and all ciphers that anybody has. */
export const MAX_HANDSHAKE_PROPOSALS = 16
/**
 * Frames of yamux with less data than that are counted, whatever they are: a window update, an empty frame and a reset each cost
 * some 5 µs. Most are updates, one for each piece of an answer, and requests: a few thousand a second on a fast machine.
 */
export const SMALL_FRAME_BYTES = 128
export const SMALL_FRAMES_PER_SECOND = 8_192
export const SMALL_FRAME_BURST = 16_384
/** Those of all connections of a host to a server. */
export const HOST_SMALL_FRAMES_PER_SECOND = 2 * SMALL_FRAMES_PER_SECOND
export const HOST_SMALL_FRAME_BURST = 2 * SMALL_FRAME_BURST
/** What the muxer is called in a negotiation, and the cipher. */
export const YAMUX_PROTOCOL_ID = '/yamux/1.0.0'
export const NOISE_PROTOCOL_ID = '/noise'
/** Pings a second on a connection: yamux makes one in 30 s, and each has an answer. */
export const PINGS_PER_SECOND = 1
export const PING_BURST = 32
/** What a connection holds that its peer does not read, before it ends: more than the largest answer. */
export const MAX_CONNECTION_WRITE_BYTES = 4 * 1024 * 1024
/**
 * Connections of a tab, those of others that it serves included. All other tabs are one host: half as many at once, and two
 * a second for longer, because each costs the page some 60 ms of handshakes, all threads together.
 */
export const MAX_TAB_CONNECTIONS = 64
/** Connections of a server, unless it says otherwise. */
export const MAX_SERVER_CONNECTIONS = 512
/** Connections of one peer id to a server: one is enough, and the old ones of a tab that came back may still stand. */
export const MAX_CONNECTIONS_PER_PEER = 4
/** Connections of one host to a server, unless it says otherwise: many tabs stand behind one address, but not a quarter of all. */
export const MAX_CONNECTIONS_PER_HOST = 128
/** What a violation costs a host, in connections that it may not make soon: each handshake takes the server 10 to 20 ms. */
export const STRIKE_CONNECTIONS = 16
/** Sockets at a time that are no connection yet: each may hold some memory, for {@link HANDSHAKE_MS} at most. */
export const MAX_PENDING_CONNECTIONS = 64
/** Those of one host: as many tabs as open at once behind one address while the server does their handshakes, 20 ms each. */
export const MAX_PENDING_CONNECTIONS_PER_HOST = 16
/** How long a socket may take to become a connection: five round trips of two seconds. */
export const HANDSHAKE_MS = 10_000
/** And until it has asked for a WebSocket: the first two of them. */
export const REQUEST_MS = 4_000
/** A message of a WebSocket: noise makes none above 64 KiB, `ws` alone would collect 100 MiB. */
export const MAX_WEBSOCKET_MESSAGE_BYTES = 1024 * 1024
/**
 * Messages of a WebSocket a second, and at once. Noise makes two of what is said at a time, and a peer that asks for very little
 * at a time says a few thousand things a second; each costs some 5 µs.
 */
export const WEBSOCKET_MESSAGES_PER_SECOND = 20_000
export const WEBSOCKET_MESSAGE_BURST = 40_000
/** Dials that a relay passes on for one tab at a time: as many as a tab that was opened with many addresses begins. */
export const MAX_HOP_STREAMS = 64
/**
 * What a peer asks of a relay in streams, a place or a dial each, and what all peers of a host do: {@link MAX_HOP_STREAMS} at
 * once, and again. Beyond that a tab dials some others now and then, and renews its place once an hour.
 */
export const HOP_RATES = {
  peer: { perSecond: 2, burst: 2 * MAX_HOP_STREAMS },
  host: { perSecond: 16, burst: 8 * MAX_HOP_STREAMS },
}
/**
 * How often a server says who it is, and is told who a peer is: once a connection, and when a tab gets a place or loses it. What is
 * told can be 600 addresses, 7 ms of work, or a signature to verify.
 */
export const IDENTIFY_RATES = { peer: { perSecond: 0.5, burst: 8 }, host: { perSecond: 8, burst: 128 } }
/** How often one peer, and the peers of a host, are told of others: a tab asks once in 20 s, and each look is at all peers. */
export const PEER_QUESTION_RATES = { peer: { perSecond: 0.5, burst: 16 }, host: { perSecond: 16, burst: 128 } }
/** How often a server asks whether a quiet connection is alive: a laptop that was closed does not say goodbye. */
export const CONNECTION_CHECK_INTERVAL_MS = 60_000
/** How long the answer may take. libp2p's own 5 s end connections whose tab is busy decrypting. */
export const CONNECTION_CHECK_TIMEOUT_MS = 30_000

/** By which peers tell of peers. */
export const PEERS_PROTOCOL_ID = '/rootlight/peers/1'
/** Peers that an answer tells of: more than a tab dials. */
export const MAX_TOLD_PEERS = 16
/** A signed record: some 150 bytes, and 100 for each address, of which a tab has one or two. */
export const MAX_PEER_RECORD_BYTES = 2048
/** The whole answer, and room for its headers. */
export const MAX_PEER_LIST_BYTES = MAX_TOLD_PEERS * MAX_PEER_RECORD_BYTES + 1024
/** How often a tab asks for others: they come and go with the pages that people open. */
export const FIND_INTERVAL_MS = 20_000
/** Tabs beside the application's own peers that one is connected to, or tries to be: as many as a sync keeps busy. */
export const MAX_FOUND_PEERS = 8
/** A tab that was found and cannot be reached so often in a row has closed: its place goes to another. */
export const MAX_FOUND_FAILURES = 3
