/** The numbers of the store, each with the reason for its value. */

/** Version of the object stores and of their formats; any change to either is a new one, with a step in `migrations.ts`. */
export const SCHEMA_VERSION = 7

/** The most bytes of pages and codes in a transaction: at 65 to 100 MB/s they take 10 to 16 ms. */
export const MAX_CHUNK_BYTES = 1024 * 1024
/** The least: a page goes out whole, so nothing is gained below one of them. */
export const MIN_CHUNK_BYTES = 64 * 1024
/** A transaction that is faster than this wastes the fixed cost of a transaction, some milliseconds: grow. */
export const MIN_CHUNK_MS = 20
/** A transaction that is slower than this keeps reads waiting, and drops frames where the engine is in the window. */
export const MAX_CHUNK_MS = 50
/** What growing and shrinking aim at: the middle of the two. */
export const TARGET_CHUNK_MS = 35

/** Work of a verification on the thread that may also draw the page: as long as a slice of a sync. */
export const VERIFY_SLICE_MS = 6

/** Records that are deleted in a transaction when a generation goes: 10 to 50 ms, at 5,000 to 10,000 operations/s or more. */
export const SWEEP_CHUNK_RECORDS = 256

/** Recent pages that are kept as bytes: 68 full ones hold the upper five levels, and a wallet's own neighbourhoods. */
export const PAGE_CACHE_BYTES = 4 * 1024 * 1024

/**
 * How long an opening or a deletion may be silent: no event at all, though nobody blocks it. A cold disk takes some hundredths
 * of a second; Safari is known never to answer after a start of the system's storage process.
 */
export const SILENCE_MS = 10_000

/** How long to wait for other connections to let go: one that closes politely ends a transaction of some 50 ms first. */
export const BLOCKED_GRACE_MS = 1000

/** A connection is tried to open so often: Chromium aborts the first try while it still evicts. */
export const REOPEN_TRIES = 5
/** A record is read so often before the browser is believed that it cannot be read: the last try says that it is lost. */
export const READ_TRIES = 2
/** An operation is done so often, on one connection after another: a storage process that restarts may take two of them. */
export const USE_TRIES = 3
/** Between two such tries: all of them take about a second, which whoever waits for the disk can bear. */
export const REOPEN_PAUSE_MS = 200
/** Share of the pages' bytes that may be dead before they are compacted: five bytes are rewritten to free one. */
export const MAX_DEAD_SHARE = 0.2
/** Dead bytes below this are not worth a compaction, whatever their share. */
export const MIN_DEAD_BYTES = 1024 * 1024
/** Generations that a lookup may have to ask, the newest first: each is one more page to read, if it is not in the cache. */
export const MAX_LIVE_GENERATIONS = 8
/** A page below a quarter of what it may hold costs a record and a read as a full one does. */
export const SMALL_PAGE_BYTES = 15 * 1024
/** Share of the pages that may be small: two reads for the bytes of one. */
export const MAX_SMALL_SHARE = 0.5
/** So many small pages are what any sync may leave, at the edges of what its peers sent. */
export const MIN_SMALL_PAGES = 64
/** So often a tab that only reads lists what is there, should the writer take something away meanwhile, which is rare. */
export const VIEW_TRIES = 3
