/** The numbers of the hand-over between tabs, each with the reason for its value. */

/** How often the writing tab says that it is there: hidden pages get their timers once a second, so more often is no use. */
export const HEARTBEAT_MS = 1_000

/**
 * Beats that the others hear nothing before they believe that the writer is frozen. Longer than any task that an application
 * should run on the engine's thread; a writer that was only slow loses its place and nothing else.
 */
export const SILENT_BEATS = 5
