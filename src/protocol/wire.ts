/**
 * The duplex that the protocol runs on: ordered bytes in both directions, and an end. A libp2p stream is adapted to it in
 * `src/network`, a pair in memory is `memory-wire.ts`; nothing in this folder knows which of them it has.
 */

/** Receives what a wire brings. */
export interface WireHandler {
  /** Bytes in order, in pieces of any size. The handler may keep them; nobody writes to them again. */
  onChunk(chunk: Uint8Array): void
  /** The end, whoever brought it about: called once, last. Without an error it was an orderly end. */
  onClose(error?: Error): void
}

/** One long-lived stream to one peer. */
export interface Wire {
  /** Begins the delivery. Called once; what arrived before is delivered then. */
  open(handler: WireHandler): void
  /**
   * Sends one frame, given in pieces, which nobody writes to afterwards. Frames keep their order. Resolves when the
   * transport accepts more; rejects when the wire has ended.
   */
  send(pieces: readonly Uint8Array[]): Promise<void>
  /** Ends the wire in an orderly way: what was sent still arrives. May be called twice. */
  close(): void
  /** Ends the wire at once; what was not sent yet is dropped. May be called twice. */
  abort(error: Error): void
}
