/** A server on a machine without WebRTC. For one with WebRTC, see `e2e/webrtc-direct.spec.ts`. */
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { createListeningNode } from './listening-node.ts'

vi.mock('@libp2p/webrtc', () => {
  throw new Error('no native module for this machine')
})

const WEB_SOCKET = '/ip4/127.0.0.1/tcp/0/ws'
const WEBRTC = '/ip4/127.0.0.1/udp/0/webrtc-direct'

describe('createListeningNode without WebRTC', () => {
  test('behavior: goes on with WebSockets, and says so once', async () => {
    const told: string[] = []
    const node = await createListeningNode({
      listen: [WEBRTC, WEB_SOCKET, WEBRTC],
      onWebRtcUnavailable: ({ code }) => told.push(code),
    })
    onTestFinished(async () => node.stop())
    expect(told).toEqual(['webrtcUnavailable'])
    expect(node.getMultiaddrs().map(String)).toEqual([expect.stringMatching(/\/ws\/p2p\//)])
  })

  test('error: webrtcUnavailable where nothing else is listened at, or nobody would be told', async () => {
    const onWebRtcUnavailable = () => {}
    const unavailable = expect.objectContaining({ code: 'webrtcUnavailable', cause: expect.any(Error) })
    await expect(createListeningNode({ listen: [WEBRTC], onWebRtcUnavailable })).rejects.toEqual(unavailable)
    await expect(createListeningNode({ listen: [WEBRTC, WEB_SOCKET] })).rejects.toEqual(unavailable)
  })
})
