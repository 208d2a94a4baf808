/** The numbers of tabs, their hand-over and what they do for each other, each with the reason for its value. */

/** How often the writing tab says that it is there: hidden pages get their timers once a second, so more often is no use. */
export const HEARTBEAT_MS = 1_000

/**
 * Beats that the others hear nothing before they believe that the writer is frozen. Longer than any task that an application
 * should run on the engine's thread; a writer that was only slow loses its place and nothing else.
 */
export const SILENT_BEATS = 5

/** How often a tab says what it has, if that has changed: a page every some hundredths of a second would be noise. */
export const STATUS_INTERVAL_MS = 1_000
/** What a tab that serves may send ahead of its rate: a second of silence does not have to be made up for byte by byte. */
export const UPLOAD_BURST_MS = 1_000
/** Bytes a second that a tab sends to others, unless it is told otherwise: half of what a slow uplink at home has. */
export const DEFAULT_UPLOAD_BYTES_PER_SECOND = 1024 * 1024
/** Requests of others that a tab answers at a time, unless it is told otherwise. */
export const DEFAULT_SERVED_REQUESTS = 4
