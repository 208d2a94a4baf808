/** The numbers of calls. */

/** Who calls where a call does not say: as in geth. */
export const NOBODY = `0x${'0'.repeat(40)}`
/** What a call may use at most, and gets if it does not say: as in geth. */
export const MAX_CALL_GAS = 50_000_000n
/** What the plainest transaction takes. */
export const TRANSFER_GAS = 21_000n
/** What one transaction may have at most, by EIP-7825. */
export const MAX_TRANSACTION_GAS = 16_777_216n
/** What one blob takes, by EIP-4844. */
export const BLOB_GAS = 131_072n
/** How many blobs one transaction may have, by EIP-7594. */
export const MAX_BLOBS = 6
/**
 * How long a call may run, its reads of the state left out. 50 million gas of plain opcodes take 5 to 10 s; of what is dearer
 * than its gas, minutes.
 */
export const CALL_LIMIT_MS = 30_000
/** Work on the thread that draws the page: two such slices and a frame's own work fit into 16 ms. */
export const SLICE_MS = 6
/** Places to stop at between two looks at the clock: less than a tenth of a millisecond in a loop. */
export const STOPS_BETWEEN_LOOKS = 16
/**
 * Bytes that the frames of a call may hold beside each other, apart from their memory, which gas bounds at some 140 MiB: what
 * they were called with, and the tables that the EVM makes of their code.
 */
export const MAX_FRAME_BYTES = 256 * 1024 * 1024
/** What the EVM keeps for each byte of code that runs: an entry of a list, and every other byte a number. */
export const TABLE_BYTES = 32
/** What an authorization for an account that exists gets back, by EIP-7702. */
export const AUTHORIZATION_REFUND = 12_500n
/** No account gets beyond it, by EIP-2681. */
export const MAX_NONCE = 2n ** 64n - 1n
/** What a callee that is sent value gets on top, by the Yellow Paper. */
export const CALL_STIPEND = 2_300n
/** Workers of a page: one that is busy for long leaves another. Each takes some 20 MB, and a core. */
export const MAX_WORKERS = 2
/** A worker that had no call for so long is ended: the next call starts one, which takes some tenths of a second. */
export const IDLE_MS = 60_000
/** A worker has to say that it is ready: its script is 100 kB, and the network may be slow. */
export const START_LIMIT_MS = 20_000
/** After a start that failed, calls run on the page's thread for so long, and then a worker is tried again. */
export const RETRY_MS = 60_000
/** A worker whose call has lost its state ends it by itself, unless it is in the middle of something. */
export const ENDING_LIMIT_MS = 1_000
