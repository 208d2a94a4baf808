/**
 * The interface of the page of the raw benchmark of tabs, for the process driving the page. Only plain data crosses.
 */

export interface ClientTask {
  /** Multiaddrs: hostile servers, and one honest server. */
  readonly peers: readonly string[]
  /** The address of the honest server. */
  readonly honest: string
  readonly root: string
}

export interface ClientSync {
  /** From the call to the last node. */
  readonly ms: number
  /** Why the honest server was lost or could not be dialed, each reason once. */
  readonly losses: readonly string[]
}

/** Several clients at a time, each with a worker and a database of its own. */
export interface DialerPage {
  /** Opens a client and syncs the state at `root`. */
  sync(name: string, task: ClientTask): Promise<ClientSync>
  /** Counts the last departure of each hostile peer by reason. */
  verdicts(name: string): Record<string, number>
  /** Reads an account of the synced state. Rejects if the engine or its database is gone. */
  read(name: string): Promise<void>
  /** Closes the client and ends its worker. */
  close(name: string): Promise<void>
}

declare global {
  var dialer: DialerPage
}
