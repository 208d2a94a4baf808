/** Tuning numbers of tabs, hand-over and serving, each with the reason for its value. */

/**
 * Pause between two heartbeats of the writer. Timers of hidden pages fire once a second, so a shorter pause is useless.
 */
export const HEARTBEAT_MS = 1_000

/**
 * Silent beats until the followers take the writer for frozen. Longer than any task that an application should run on
 * the engine's thread. A writer which was only slow loses its place and nothing else.
 */
export const SILENT_BEATS = 5

/**
 * Beats without any writer until open calls are refused. A frozen writer is replaced within seven beats, and its
 * successor may find the database silent for ten.
 */
export const WRITERLESS_BEATS = 30
/** Time for the browser to say whether the writer's lock is free: a message to another process. */
export const LOCK_TIMEOUT_MS = 10_000
/** Time for the browser to report quota and usage. Only displayed numbers depend on the answer. */
export const QUOTA_TIMEOUT_MS = 2_000

/** Time for a worker's script to load and to answer: one file of some 100 kB, also over a slow line. */
export const WORKER_START_MS = 20_000
/** Time for the engine in a worker to write its verified nodes, before the worker is ended all the same. */
export const WORKER_CLOSE_MS = 15_000

/**
 * Shortest pause between two Status messages of a tab. A sync writes a page every few hundredths of a second, and a
 * message for each would be noise.
 */
export const STATUS_INTERVAL_MS = 1_000
/** Upload that may run ahead of the rate: after a second of silence, the first answers need no pauses. */
export const UPLOAD_BURST_MS = 1_000
/** Default upload of a serving tab, in bytes a second: half of a slow uplink at home. */
export const DEFAULT_UPLOAD_BYTES_PER_SECOND = 1024 * 1024
/** Default number of requests that a tab answers at a time. */
export const DEFAULT_SERVED_REQUESTS = 4
/**
 * Requests a second of one other tab, and the burst. A sync makes tens, and each request of a flood costs time on this
 * tab's thread.
 */
export const TAB_REQUESTS_PER_SECOND = 200
/** Streams of all other tabs: two for each accepted connection. */
export const MAX_TAB_STREAMS = 128
/**
 * Bytes held for all other tabs: as much as sixteen tabs may have under way over WebRTC. A browser page has hundreds of
 * megabytes.
 */
export const MAX_TAB_HELD_BYTES = 32 * 1024 * 1024
/**
 * Bytes of a stream which the window has posted and an engine in a worker has not read yet, because the worker is busy.
 * No honest peer sends more: 2 MB of answers, or 16 requests of 256 KiB.
 */
export const MAX_UNREAD_BYTES = 8 * 1024 * 1024
/** Exports open at a time. Each holds a page of every generation, and dead tabs never close their exports. */
export const MAX_OPEN_EXPORTS = 8
