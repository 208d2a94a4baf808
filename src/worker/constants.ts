/** The numbers of tabs, their hand-over and what they do for each other, each with the reason for its value. */

/** How often the writing tab says that it is there: hidden pages get their timers once a second, so more often is no use. */
export const HEARTBEAT_MS = 1_000

/**
 * Beats that the others hear nothing before they believe that the writer is frozen. Longer than any task that an application
 * should run on the engine's thread; a writer that was only slow loses its place and nothing else.
 */
export const SILENT_BEATS = 5

/**
 * Beats without a writer, heard or become, after which open calls are refused: a writer that is frozen is replaced within
 * seven, and the one that replaces it may find the database silent for ten.
 */
export const WRITERLESS_BEATS = 30
/** How long the browser may take to say whether the writer's lock is free: it is a message to another process. */
export const LOCK_TIMEOUT_MS = 10_000
/** The same for how much room there is: nothing depends on it but what is shown. */
export const QUOTA_TIMEOUT_MS = 2_000

/** How long a worker's script may take to be loaded and to answer: it is one file of some 100 kB, also over a slow line. */
export const WORKER_START_MS = 20_000
/** How long the engine in a worker may take to write what it has verified, before the worker is ended all the same. */
export const WORKER_CLOSE_MS = 15_000

/** How often a tab says what it has, if that has changed: a page every some hundredths of a second would be noise. */
export const STATUS_INTERVAL_MS = 1_000
/** What a tab that serves may send ahead of its rate: a second of silence does not have to be made up for byte by byte. */
export const UPLOAD_BURST_MS = 1_000
/** Bytes a second that a tab sends to others, unless it is told otherwise: half of what a slow uplink at home has. */
export const DEFAULT_UPLOAD_BYTES_PER_SECOND = 1024 * 1024
/** Requests of others that a tab answers at a time, unless it is told otherwise. */
export const DEFAULT_SERVED_REQUESTS = 4
/** Requests a second of one other tab, and the burst: a sync makes tens, and each of a flood costs this tab's thread. */
export const TAB_REQUESTS_PER_SECOND = 200
/** Streams of all other tabs: two for each connection that a tab accepts. */
export const MAX_TAB_STREAMS = 128
/** What a tab holds for all others: as much as sixteen of them may have on their way over WebRTC. A page has hundreds. */
export const MAX_TAB_HELD_BYTES = 32 * 1024 * 1024
/**
 * Bytes of a stream that the window has and an engine in a worker has not read: a worker that is busy reads later. More
 * than any peer sends that keeps to the protocol: 2 MB of answers, or 16 requests of 256 KiB.
 */
export const MAX_UNREAD_BYTES = 8 * 1024 * 1024
/** Exports that are open at a time: each holds a page of every generation, and those of tabs that died are never closed. */
export const MAX_OPEN_EXPORTS = 8
