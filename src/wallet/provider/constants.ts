/** The numbers of the provider, each with the reason for its value. */

/** A wallet knows its chain, and an endpoint answers this from memory: whoever takes longer is not there. */
export const FALLBACK_CHAIN_TIMEOUT_MS = 10_000
/** Of a read that is passed on: longer than what wallets and their endpoints allow themselves (MetaMask retries for some 30 s). */
export const FALLBACK_READ_TIMEOUT_MS = 60_000
/** Times in a row that a fallback may say that its chain has changed while it is asked for it. */
export const MAX_CHAIN_CHECKS = 3
