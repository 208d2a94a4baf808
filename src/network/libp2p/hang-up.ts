/** Ends a libp2p connection. */
import type { Connection } from '@libp2p/interface'

/**
 * Closes `connection`, whatever state it is in. Never rejects.
 *
 * Never `abort` first: on a WebSocket it closes with the code 1006, which no platform lets a caller use, so that the
 * socket stays open and the other side goes on believing in it.
 */
export async function hangUp(connection: Connection): Promise<void> {
  try {
    await connection.close()
  } catch (error) {
    // The other side does not take what is still to be sent; libp2p forgets the connection at least.
    connection.abort(error instanceof Error ? error : new Error(String(error)))
  }
}
