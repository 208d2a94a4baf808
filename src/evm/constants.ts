/** The tuning numbers and protocol numbers of calls. */

/** The caller of a call without `from`, as in geth. */
export const NOBODY = `0x${'0'.repeat(40)}`
/** The largest gas limit of a call, and the default, as in geth. */
export const MAX_CALL_GAS = 50_000_000n
/** The gas of the simplest transaction. */
export const TRANSFER_GAS = 21_000n
/** The largest gas limit of one transaction, by EIP-7825. */
export const MAX_TRANSACTION_GAS = 16_777_216n
/** The blob gas of one blob, by EIP-4844. */
export const BLOB_GAS = 131_072n
/** The largest number of blobs in one transaction, by EIP-7594. */
export const MAX_BLOBS = 6
/**
 * How long a call may run, without the time of its state reads. 50 million gas of plain opcodes take 5 to 10 s. Opcodes
 * underpriced for this EVM take minutes.
 */
export const CALL_LIMIT_MS = 30_000
/**
 * The length of a slice of work on the thread drawing the window. Two slices and the other work of a frame fit into 16
 * ms.
 */
export const SLICE_MS = 6
/** Possible stops between two looks at the clock. In a loop 16 stops take less than a tenth of a millisecond. */
export const STOPS_BETWEEN_LOOKS = 16
/**
 * The most bytes held by the open frames of a call: their call data, and the EVM's tables for their code. EVM memory is
 * not counted: gas bounds all of EVM memory at about 140 MiB.
 */
export const MAX_FRAME_BYTES = 256 * 1024 * 1024
/** Bytes kept by the EVM for each byte of running code: a list entry per byte, and a number for every second byte. */
export const TABLE_BYTES = 32
/** The refund of an authorization for an existing account, by EIP-7702. */
export const AUTHORIZATION_REFUND = 12_500n
/** The largest nonce of an account, by EIP-2681. */
export const MAX_NONCE = 2n ** 64n - 1n
/** The extra gas of a callee receiving value, by the Yellow Paper. */
export const CALL_STIPEND = 2_300n
/** Workers of a window. Two, so a long call leaves another worker free. Each takes about 20 MB and a core. */
export const MAX_WORKERS = 2
/**
 * How long a worker stays without a call before the pool ends the worker. Starting another takes some tenths of a
 * second.
 */
export const IDLE_MS = 60_000
/** How long a worker may take to report ready: its script is 100 kB, and the network may be slow. */
export const START_LIMIT_MS = 20_000
/** How long calls run on the window's thread after a failed start, before the next attempt to start a worker. */
export const RETRY_MS = 60_000
/** How long a worker may take to end a call after a failed state read. A worker busy for longer is terminated. */
export const ENDING_LIMIT_MS = 1_000
