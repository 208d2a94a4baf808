/** Counts the messages of a WebSocket, however small: each costs the receiver a few microseconds. */

import { Gcra } from '../../protocol/gcra.ts'
import type { Clock } from '../../runtime/clock.ts'
import { PING_BURST, PINGS_PER_SECOND, WEBSOCKET_MESSAGE_BURST, WEBSOCKET_MESSAGES_PER_SECOND } from '../constants.ts'

export class MessageMeter {
  readonly #messages: Gcra
  readonly #pings: Gcra

  constructor(clock: Clock) {
    this.#messages = new Gcra({ perSecond: WEBSOCKET_MESSAGES_PER_SECOND, burst: WEBSOCKET_MESSAGE_BURST }, clock)
    this.#pings = new Gcra({ perSecond: PINGS_PER_SECOND, burst: PING_BURST }, clock)
  }

  /** Counts a message. Returns false if there were too many. */
  acceptsMessage(): boolean {
    return this.#messages.accepts(1)
  }

  /** Counts a ping, which needs an answer, or an unrequested pong. Returns false if there were too many. */
  acceptsPing(): boolean {
    return this.#pings.accepts(1)
  }
}
