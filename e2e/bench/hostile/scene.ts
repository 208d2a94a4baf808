/** Who takes part in a turn, wherever they are: somebody serves, an honest client asks, a hostile one does its worst. */

export interface HonestFigures {
  /** What it got: bytes of a state, or exchanges by a relay. */
  readonly amount: number
  readonly perSecond: number
  /** From a request to its answer, in milliseconds. */
  readonly longestMs: number
}

export interface AttackerFigures {
  /** That were made, and those that could not be because no connection was to be had. */
  readonly attacks: number
  readonly refused: number
  /** Of those that were made: the other side put an end to them. */
  readonly cutOff: number
  /** Peers of the crowd that are connected, and of how many. */
  readonly connected?: number
  readonly peers?: number
}

/** Of whoever serves, since the last question. */
export interface ServingFigures {
  readonly cpuMs: number
  /** How long a server stood ready without a core. */
  readonly queuedMs?: number
  readonly peakRssBytes: number
  /** A server's: what it holds for its peers. A tab's: heaps and array buffers of its threads. */
  readonly peakHeldBytes: number
  /** What is left on a server's heap, where that was asked for. */
  readonly heapBytes?: number
}

export interface Scene {
  /** The honest client asks for as much as it may. */
  ask(ms: number): Promise<HonestFigures>
  /** The hostile one makes the attack of that name, again and again. */
  attack(name: string, ms: number): Promise<AttackerFigures>
  served(): Promise<ServingFigures>
  stop(): Promise<void>
}
