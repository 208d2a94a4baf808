/** The numbers of calls. */

/** What a call may use at most, and gets if it does not say: as in geth. */
export const MAX_CALL_GAS = 50_000_000n
/** What the plainest transaction takes. */
export const TRANSFER_GAS = 21_000n
/** What one transaction may have at most, by EIP-7825. */
export const MAX_TRANSACTION_GAS = 16_777_216n
/** Work on the thread that draws the page: two such slices and a frame's own work fit into 16 ms. */
export const SLICE_MS = 6
/** Steps between two looks at the clock: less than a tenth of a millisecond. */
export const STEPS_BETWEEN_LOOKS = 64
