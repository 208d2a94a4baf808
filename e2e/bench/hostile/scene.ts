/** The participants of a turn, in whichever process: a serving side, an honest client and a hostile client. */

export interface HonestFigures {
  /** The honest client's gain: bytes of a state, or exchanges over a relay. */
  readonly amount: number
  readonly perSecond: number
  /** From a request to its answer, in milliseconds. */
  readonly longestMs: number
}

export interface AttackerFigures {
  /** Attacks made, and attacks impossible for want of a connection. */
  readonly attacks: number
  readonly refused: number
  /** Attacks ended by the other side. */
  readonly cutOff: number
  /** Connected peers of the crowd, and the size of the crowd. */
  readonly connected?: number
  readonly peers?: number
}

/** Figures of the serving side, since the last question. */
export interface ServingFigures {
  readonly cpuMs: number
  /** How long a server waited for a core. */
  readonly queuedMs?: number
  readonly peakRssBytes: number
  /** A server's memory held for its peers; a tab's heaps and array buffers of all threads. */
  readonly peakHeldBytes: number
  /** The remaining heap of a server, if requested. */
  readonly heapBytes?: number
}

export interface Scene {
  /** Lets the honest client ask for as much as allowed. */
  ask(ms: number): Promise<HonestFigures>
  /** Lets the hostile client repeat the attack with this name. */
  attack(name: string, ms: number): Promise<AttackerFigures>
  served(): Promise<ServingFigures>
  stop(): Promise<void>
}
