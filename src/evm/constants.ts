/** The numbers of calls. */

/** What a call may use at most, and gets if it does not say: as in geth. */
export const MAX_CALL_GAS = 50_000_000n
/** What the plainest transaction takes. */
export const TRANSFER_GAS = 21_000n
/** What one transaction may have at most, by EIP-7825. */
export const MAX_TRANSACTION_GAS = 16_777_216n
