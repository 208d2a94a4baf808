/** A relay, tabs announcing addresses, and an asking tab: libp2p nodes in this process, over WebSockets. */
import { setMaxListeners } from 'node:events'
import { RLP } from '@ethereumjs/rlp'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { identifyPush } from '@libp2p/identify'
import type { Connection, Libp2p } from '@libp2p/interface'
import { PeerRecord, RecordEnvelope } from '@libp2p/peer-record'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { PROTOCOL_ID } from '../../protocol/constants.ts'
import { systemClock } from '../../runtime/clock.ts'
import { framed } from '../../testing/hostile/wire-bytes.ts'
import { MAX_TOLD_PEERS, PEERS_PROTOCOL_ID } from '../constants.ts'
import { denyUnnamed } from '../guards/gater.ts'
import { loadLibp2p } from '../libp2p/libp2p-parts.ts'
import { createListeningNode } from '../libp2p/listening-node.ts'
import { askPeers } from './peer-exchange.ts'
import { PeerFinder } from './peer-finder.ts'
import { encodePeerList } from './peer-list.ts'
import { DEFAULT_RELAY_LIMITS, relayOf } from './relay.ts'

const SIGNAL = new AbortController().signal

beforeAll(() => {
  // Node 20 has no WebSocket to dial with.
  Object.assign(globalThis, { WebSocket })
})

async function startRelay(): Promise<Libp2p> {
  const relay = relayOf(DEFAULT_RELAY_LIMITS, setMaxListeners)
  const node = await createListeningNode({ listen: ['/ip4/127.0.0.1/tcp/0/ws'], relay })
  onTestFinished(async () => node.stop())
  return node
}

const placeOn = (relay: Libp2p) => `${relay.getMultiaddrs()[0]}/p2p-circuit/webrtc`

/** Starts a node announcing the addresses `announce`. */
async function startTab(announce: readonly string[], isServing = true): Promise<Libp2p> {
  const { createLibp2p, parts } = await loadLibp2p()
  const tab = await createLibp2p({
    ...parts,
    services: { ...parts.services, identifyPush: identifyPush() },
    addresses: { announce: [...announce] },
    connectionGater: { denyDialMultiaddr: () => false },
  })
  onTestFinished(async () => tab.stop())
  if (isServing) await tab.handle(PROTOCOL_ID, () => {})
  await tab.start()
  return tab
}

/** Connects `tab`, and resolves once `relay` has the tab's identify message. */
async function join(tab: Libp2p, relay: Libp2p): Promise<Connection> {
  const identified = new Promise<void>((resolve) => {
    relay.addEventListener('peer:identify', ({ detail }) => {
      if (detail.peerId.equals(tab.peerId)) resolve()
    })
  })
  const connection = await tab.dial(relay.getMultiaddrs())
  await identified
  return connection
}

describe('askPeers', () => {
  test('default: a relay tells of those that serve and can be dialed, and never of whoever asks', async () => {
    const relay = await startRelay()
    const place = placeOn(relay)
    const serving = await startTab([place])
    await join(serving, relay)
    await join(await startTab([place], false), relay)
    await join(await startTab([]), relay)
    const asker = await startTab([place])
    const told = await askPeers(await join(asker, relay), SIGNAL)
    expect(told).toEqual([{ id: serving.peerId.toString(), addresses: [place] }])
  })

  test('behavior: what another key has signed is left out, and so is what is no record', async () => {
    const teller = await startRelay()
    const [honest, other] = [await startTab([]), await startTab([])]
    const record = new PeerRecord({ peerId: honest.peerId, multiaddrs: [] })
    const forged = (await RecordEnvelope.seal(record, await generateKeyPair('Ed25519'))).marshal()
    await teller.unhandle(PEERS_PROTOCOL_ID)
    await teller.handle(PEERS_PROTOCOL_ID, (stream) => {
      for (const piece of encodePeerList([forged, Uint8Array.of(1, 2, 3)])) stream.send(piece)
      void stream.close()
    })
    expect(await askPeers(await join(other, teller), SIGNAL)).toEqual([])
  })

  test.each([
    ['too much', () => new Uint8Array(100_000).fill(0xff)],
    ['too many', () => framed(RLP.encode(Array(MAX_TOLD_PEERS + 1).fill(Uint8Array.of(1))))],
    ['nothing', () => new Uint8Array()],
  ])('error: %s', async (_, answer) => {
    const teller = await startRelay()
    await teller.unhandle(PEERS_PROTOCOL_ID)
    await teller.handle(PEERS_PROTOCOL_ID, (stream) => {
      for (const piece of [answer()].flat()) if (piece.length > 0) stream.send(piece)
      void stream.close()
    })
    await expect(askPeers(await join(await startTab([]), teller), SIGNAL)).rejects.toThrow()
  })
})

describe('askPeers and a teller that does not end', () => {
  test.each([
    ['a list', () => encodePeerList([])],
    ['no list', () => [new Uint8Array(100_000).fill(0xff)]],
  ])('behavior: behind %s nothing is read any more, and the stream is reset', async (_, answer) => {
    const teller = await startRelay()
    await teller.unhandle(PEERS_PROTOCOL_ID)
    const ended = new Promise((resolve) => {
      void teller.handle(PEERS_PROTOCOL_ID, (stream) => {
        stream.addEventListener('close', ({ error }) => resolve(error?.name))
        for (const piece of answer()) stream.send(piece)
        const pour = () => {
          while (stream.status === 'open' && stream.send(new Uint8Array(60_000)));
        }
        stream.addEventListener('drain', pour)
        pour()
      })
    })
    const connection = await join(await startTab([]), teller)
    await askPeers(connection, SIGNAL).catch(() => {})
    expect(await ended).toBe('StreamResetError')
    expect(connection.streams.filter(({ protocol }) => protocol === PEERS_PROTOCOL_ID)).toEqual([])
  })
})

describe('PeerFinder', () => {
  test('default: finds, once it is connected, a tab whose address may be dialed, by the first such address', async () => {
    const relay = await startRelay()
    const place = placeOn(relay)
    const denied = place.replace('127.0.0.1', '192.168.1.1')
    const tab = await startTab([denied, place])
    await join(tab, relay)
    await join(await startTab([denied]), relay)
    const asker = await startTab([])
    const found = await new Promise<string[]>((resolve) => {
      const addresses: string[] = []
      const finder = new PeerFinder({
        node: asker,
        clock: systemClock,
        isDenied: denyUnnamed(relay.getMultiaddrs()),
        onFound: (address) => {
          addresses.push(address)
          resolve(addresses)
        },
      })
      onTestFinished(() => finder.stop())
      finder.start()
      void asker.dial(relay.getMultiaddrs())
    })
    expect(found).toEqual([`${place}/p2p/${tab.peerId}`])
  })
})
