/** The honest client's process. */
import { WebSocket } from 'ws'
import { parsePeer } from '../../../src/network/address.ts'
import { createDialingNode } from '../../../src/network/libp2p/dialing-node.ts'
import { StreamWire } from '../../../src/network/libp2p/stream-wire.ts'
import { PROTOCOL_ID } from '../../../src/protocol/constants.ts'
import { statusOf } from '../../../src/protocol/messages.ts'
import { Requester } from '../../../src/protocol/requester.ts'
import { askFor } from './asking.ts'
import { answerParent } from './child.ts'
import type { HonestFigures } from './scene.ts'
import type { ServerReady } from './server.ts'

/** How long to measure. */
export interface HonestQuestion {
  readonly ms: number
}

Object.assign(globalThis, { WebSocket })
const { address: text, root: hex } = JSON.parse(process.argv[2]!) as ServerReady
const address = parsePeer(text)
const node = await createDialingNode([address])
const connection = await node.dial(address.multiaddr)
const requester = new Requester({ wire: new StreamWire(await connection.newStream(PROTOCOL_ID)), status: statusOf(0) })
await requester.start()
const root = new Uint8Array(Buffer.from(hex, 'hex'))
answerParent<HonestQuestion, HonestFigures>({}, ({ ms }) => askFor(requester, root, ms))
