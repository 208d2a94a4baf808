/** A peer with slow answers from first to last, and the dialer keeping the peer. */
import { describe, expect, test } from 'vitest'
import { EVERYTHING, statusOf } from '../../protocol/messages.ts'
import { Responder } from '../../protocol/responder.ts'
import { ManualClock } from '../../testing/manual-clock.ts'
import { createWirePair } from '../../testing/memory-wire.ts'
import type { NodeSource } from '../../trie/node-source.ts'
import { ROOT_PATH } from '../../trie/path.ts'
import { parsePeer } from '../address.ts'
import { MAX_TIMEOUT_MS, MIN_REQUEST_BYTES, START_TIMEOUT_MS } from '../constants.ts'
import type { Caller } from '../link.ts'
import { Dialer } from './dialer.ts'
import type { NetworkPeer } from './peer.ts'
import { PeerSet } from './peer-set.ts'

const ROOT = new Uint8Array(32).fill(0xaa)
const REF = { path: ROOT_PATH, hash: ROOT, maxNodes: 0 }
const STATUS = statusOf(1, [{ root: ROOT, blockNumber: 7, coverage: EVERYTHING }])

/** Returns a caller whose streams lead to a responder taking `answerMs` for each run. */
function slowCaller(clock: ManualClock, answerMs: number): Caller {
  const source: NodeSource = {
    has: () => true,
    run: () => new Promise((resolve) => clock.after(answerMs, () => resolve(new Uint8Array(500)))),
    path: async () => new Uint8Array(),
    code: async () => undefined,
  }
  return {
    async dial() {
      const [ours, theirs] = createWirePair()
      new Responder({ wire: theirs, source, status: STATUS, clock }).start()
      return { peerId: 'slow', open: async () => ours, hangUp: async () => {} }
    },
  }
}

/** Sends the smallest request whenever the peer is connected, and reports the outcome like the sync loop. */
function ask(peers: PeerSet, clock: ManualClock) {
  const outcomes: string[] = []
  const asking = new Set<NetworkPeer>()
  const askOne = async (peer: NetworkPeer) => {
    const sentMs = clock.now()
    const cancel = clock.after(peer.timeoutMs(MIN_REQUEST_BYTES), () => {
      outcomes.push('timeout')
      peer.report({ kind: 'timeout', maxBytes: MIN_REQUEST_BYTES })
    })
    try {
      const [run] = await peer.getNodes(ROOT, [REF], MIN_REQUEST_BYTES)
      outcomes.push('useful')
      peer.report({ kind: 'useful', bytes: run?.length ?? 0, elapsedMs: clock.now() - sentMs })
    } catch {
      // The peer has left.
    } finally {
      cancel()
      asking.delete(peer)
    }
  }
  peers.onChange(() => {
    for (const peer of peers.connected()) {
      if (asking.has(peer)) continue
      asking.add(peer)
      void askOne(peer)
    }
  })
  return outcomes
}

describe('Dialer and a slow peer', () => {
  test.each([START_TIMEOUT_MS + 1_000, MAX_TIMEOUT_MS - 1_000])(
    'behavior: the only peer takes %i ms for an answer: it is of use after some timeouts',
    async (answerMs) => {
      const clock = new ManualClock()
      const peers = new PeerSet(clock)
      const outcomes = ask(peers, clock)
      const dialer = new Dialer({
        caller: slowCaller(clock, answerMs),
        peers,
        addresses: [parsePeer('/ip4/127.0.0.1/tcp/1/ws')],
        status: statusOf(1),
        clock,
        random: () => 1,
      })
      dialer.start()
      await clock.pass(5 * 60_000)
      expect(outcomes).toContain('useful')
      expect(outcomes.indexOf('useful')).toBeLessThanOrEqual(3)
      await dialer.stop()
    },
  )
})
