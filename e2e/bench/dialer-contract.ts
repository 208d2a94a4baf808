/** What the page of the raw benchmark of tabs offers to the process that drives it: plain data crosses. */

export interface ClientTask {
  /** Multiaddrs: hostile servers, and an honest one among them. */
  readonly peers: readonly string[]
  /** Which of `peers` is honest. */
  readonly honest: string
  readonly root: string
}

export interface ClientSync {
  /** From the call to the last node. */
  readonly ms: number
  /** Why the honest server was lost, or could not be dialed, each reason once. */
  readonly losses: readonly string[]
}

/** Several clients at a time, each with its engine in a worker of its own, and a database of its own. */
export interface DialerPage {
  /** Opens a client and syncs the state at `root`. */
  sync(name: string, task: ClientTask): Promise<ClientSync>
  /** How its hostile peers left last, counted by reason. */
  verdicts(name: string): Record<string, number>
  /** Reads an account of the synced state. Rejects if the engine or its database is gone. */
  read(name: string): Promise<void>
  /** Closes the client, and its worker ends. */
  close(name: string): Promise<void>
}

declare global {
  var dialer: DialerPage
}
