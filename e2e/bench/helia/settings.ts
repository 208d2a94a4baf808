/** The default settings of Helia: the fastest in the measurements. */

/**
 * Measured with 2,000 accounts in interleaved runs on a busy machine. Medians of four runs, in nodes a second: 16 wants
 * 802, 32 1,169, 64 1,680, 96 1,931, 128 2,388, 192 2,345, 256 2,188, 1,024 1,895. Few wants wait for the wire. Of many
 * wants, each looks at every arriving block. The window is as fast as a worker. No wait before sending the wants is as
 * fast as Helia's 10 ms. blockstore-idb's own puts, one transaction for each block, are a quarter as fast.
 */
export const BEST_WANTS = 128
