/**
 * libp2p's transports for WebRTC, and the transport over a relay, by which tabs find each other. The only importer of
 * these in a browser. In the package, this file is one self-contained module, so an application does not install the
 * packages needed by `@libp2p/webrtc` in Node and on phones.
 */
export { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
export { webRTC, webRTCDirect } from '@libp2p/webrtc'
