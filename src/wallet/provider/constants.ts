/** The tuning numbers of the provider, each with the reason for its value. */

/**
 * How long a fallback may take to tell its chain. A wallet knows its chain, and an endpoint answers from memory: a
 * slower fallback is gone.
 */
export const FALLBACK_CHAIN_TIMEOUT_MS = 10_000
/**
 * How long a forwarded read may take: longer than wallets and their endpoints allow themselves (MetaMask retries for
 * about 30 s).
 */
export const FALLBACK_READ_TIMEOUT_MS = 60_000
/** How often in a row a fallback may announce a change of chain while being asked for its chain. */
export const MAX_CHAIN_CHECKS = 3
