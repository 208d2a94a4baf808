/** The numbers of the store, each with a reason. */

/**
 * The version of the object stores and of their formats. A change to either raises the version, with a step in
 * `migrations.ts`.
 */
export const SCHEMA_VERSION = 7

/** The most bytes of pages and codes in a transaction. At 65 to 100 MB/s they take 10 to 16 ms. */
export const MAX_CHUNK_BYTES = 1024 * 1024
/** The least bytes of a full transaction. A page goes out whole, so a smaller limit gains nothing. */
export const MIN_CHUNK_BYTES = 64 * 1024
/** A faster transaction wastes its fixed cost, some milliseconds: chunks grow. */
export const MIN_CHUNK_MS = 20
/** A slower transaction keeps reads waiting, and drops frames if the engine runs in the window: chunks shrink. */
export const MAX_CHUNK_MS = 50
/** The target of growing and shrinking: the middle of the two. */
export const TARGET_CHUNK_MS = 35

/** A slice of a verification, on a thread which may also draw the page: as long as a slice of a sync. */
export const VERIFY_SLICE_MS = 6

/** Records deleted in a transaction when a generation goes: 10 to 50 ms, at 5,000 to 10,000 operations/s or more. */
export const SWEEP_CHUNK_RECORDS = 256

/**
 * Bytes of recently read pages kept in memory. 68 full pages hold the upper five levels and the neighbourhoods of a
 * wallet's accounts.
 */
export const PAGE_CACHE_BYTES = 4 * 1024 * 1024

/**
 * The longest silence of an opening or a deletion: no event at all, although no connection blocks. A cold disk takes
 * some hundredths of a second. Safari is known to never answer after a start of the system's storage process.
 */
export const SILENCE_MS = 10_000

/** The longest wait for other connections to let go. A polite one first ends a transaction of some 50 ms. */
export const BLOCKED_GRACE_MS = 1000

/** Tries to open a connection: Chromium aborts the first one while still evicting. */
export const REOPEN_TRIES = 5
/** Tries to read a record before the browser is believed. After the last failure the record counts as lost. */
export const READ_TRIES = 2
/** Tries of an operation, on one connection after another: a restarting storage process may cost two. */
export const USE_TRIES = 3
/** The pause between two such tries. All tries take about a second, a bearable wait for the disk. */
export const REOPEN_PAUSE_MS = 200
/** The share of dead bytes in pages before a compaction: five bytes are rewritten to free one. */
export const MAX_DEAD_SHARE = 0.2
/** Fewer dead bytes are not worth a compaction, whatever their share. */
export const MIN_DEAD_BYTES = 1024 * 1024
/**
 * Generations for a lookup to ask, the newest first. Each costs one more page read, unless the page is in the cache.
 */
export const MAX_LIVE_GENERATIONS = 8
/** A page below a quarter of the maximum costs a record and a read, like a full page. */
export const SMALL_PAGE_BYTES = 15 * 1024
/** The share of small pages before a compaction: two reads for the bytes of one. */
export const MAX_SMALL_SHARE = 0.5
/** Any sync may leave this many small pages, at the edges of the peers' answers. */
export const MIN_SMALL_PAGES = 64
/** Listings tried by a tab that only reads. The writer may take something away meanwhile, but rarely does. */
export const VIEW_TRIES = 3
