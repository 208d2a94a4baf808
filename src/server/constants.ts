/** The tuning constants of the server, each with the reason for its value. */

/** Records that are sorted in memory, in bytes of keys and values: 200,000 accounts never touch the disk for it. */
export const SORT_MEMORY_BYTES = 128 * 1024 * 1024
/** Records that a spill writes, and a sorted read takes, at once: large enough to amortize the call. */
export const SORT_BATCH = 2_000
/** Blocks and codes that wait for their write: a few of LevelDB's own write buffers. */
export const WRITE_BATCH_BYTES = 8 * 1024 * 1024
/** LevelDB's write buffer. The default of 4 MiB makes it compact many small tables while an import runs. */
export const WRITE_BUFFER_BYTES = 32 * 1024 * 1024
/** LevelDB's tables. The default of 2 MiB holds 30 blocks; more makes fewer files. */
export const TABLE_BYTES = 32 * 1024 * 1024
/** Blocks that a source keeps in memory: the upper levels, and where the clients are now. */
export const BLOCK_CACHE_BYTES = 16 * 1024 * 1024
/** Levels of a JSON text that may be open at a time: as many as Go's decoder, and so geth, takes. */
export const MAX_JSON_DEPTH = 10_000
/** The longest word of a JSON text, with the room behind it: the largest code in hex, twice. A string of V8 ends at 512 MiB. */
export const MAX_JSON_TOKEN_BYTES = 4 * 1024 * 1024 + 4
/** How long a command that was told to end may take to close what it has open, before the process ends without. */
export const STOP_LIMIT_MS = 5_000
/** A long loop lets the rest of the process run after this time; it looks at the clock once in so many steps. */
export const PACE_MS = 25
export const PACE_EVERY = 16
/** Records between two calls of a progress listener. */
export const PROGRESS_EVERY = 4_096
/** A progress bar shows for what takes longer than this, and is drawn again at most this often. */
export const PROGRESS_DELAY_MS = 1_000
export const PROGRESS_REDRAW_MS = 100

/** The longest time that a timer of Node can be set for: 32 bits with a sign. */
export const MAX_TIMER_MS = 2 ** 31 - 1
