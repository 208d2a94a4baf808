/** Ends a libp2p connection. */
import type { Connection } from '@libp2p/interface'

/**
 * Closes `connection` in any state. Never rejects.
 *
 * Never call `abort` first: on a WebSocket, `abort` closes with the code 1006, forbidden to callers on every platform.
 * The socket would stay open, and the other side would not notice.
 */
export async function hangUp(connection: Connection): Promise<void> {
  try {
    await connection.close()
  } catch (error) {
    // The other side does not take the remaining bytes. libp2p at least forgets the connection.
    connection.abort(error instanceof Error ? error : new Error(String(error)))
  }
}
