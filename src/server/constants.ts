/** The tuning constants of the server, each with the reason for its value. */

/** Bytes of keys and values sorted in memory. 200,000 accounts are sorted without the disk. */
export const SORT_MEMORY_BYTES = 128 * 1024 * 1024
/** Records in one write of a spill, and in one read of a sorted run: enough to amortize the call. */
export const SORT_BATCH = 2_000
/** Bytes of blocks and codes waiting for a write: a quarter of LevelDB's write buffer. */
export const WRITE_BATCH_BYTES = 8 * 1024 * 1024
/** LevelDB's write buffer. With the default of 4 MiB, LevelDB would compact many small tables during an import. */
export const WRITE_BUFFER_BYTES = 32 * 1024 * 1024
/** The size of LevelDB's tables. The default of 2 MiB holds 30 blocks; larger tables make fewer files. */
export const TABLE_BYTES = 32 * 1024 * 1024
/** Bytes of blocks kept in memory for a source: the upper levels, and the blocks requested by the current clients. */
export const BLOCK_CACHE_BYTES = 16 * 1024 * 1024
/** Levels of a JSON text open at a time: the limit of Go's decoder, and so of geth. */
export const MAX_JSON_DEPTH = 10_000
/**
 * The longest token of a JSON text and the bytes behind it: twice the largest code in hex. V8's strings end at 512 MiB.
 */
export const MAX_JSON_TOKEN_BYTES = 4 * 1024 * 1024 + 4
/** The time for a command to close everything after a signal, in milliseconds. Then the process ends anyway. */
export const STOP_LIMIT_MS = 5_000
/**
 * A long loop lets the rest of the process run after `PACE_MS`. The loop reads the clock once in `PACE_EVERY` steps.
 */
export const PACE_MS = 25
export const PACE_EVERY = 16
/** Records between two calls of a progress listener. */
export const PROGRESS_EVERY = 4_096
/** A progress bar appears after `PROGRESS_DELAY_MS`, and is redrawn at most every `PROGRESS_REDRAW_MS`. */
export const PROGRESS_DELAY_MS = 1_000
export const PROGRESS_REDRAW_MS = 100

/** The longest delay of a Node timer, in milliseconds: 32 bits with a sign. */
export const MAX_TIMER_MS = 2 ** 31 - 1
