/**
 * The duplex below the protocol: ordered bytes in both directions, and an end. `src/network` adapts a libp2p stream,
 * and `memory-wire.ts` is a pair in memory. Nothing in this folder knows the difference.
 */

/** Receives the bytes and the end of a wire. */
export interface WireHandler {
  /**
   * Takes bytes in order, in pieces of any size. The handler may keep each chunk; the wire never writes to it again.
   */
  onChunk(chunk: Uint8Array): void
  /** Takes the end, brought about by either side: called once, last. No `error`: an orderly end. */
  onClose(error?: Error): void
}

/** One long-lived stream to one peer. */
export interface Wire {
  /** Begins the delivery, with the bytes that arrived before. Called once. */
  open(handler: WireHandler): void
  /**
   * Sends one frame, given in pieces. The caller must not write to the pieces afterwards. Frames keep their order.
   * Resolves when the transport accepts more; rejects when the wire has ended.
   */
  send(pieces: readonly Uint8Array[]): Promise<void>
  /** Ends the wire in an orderly way: sent frames still arrive. May be called twice. */
  close(): void
  /** Ends the wire at once, and drops unsent bytes. May be called twice. */
  abort(error: Error): void
}
