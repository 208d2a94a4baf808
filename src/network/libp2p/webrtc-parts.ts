/**
 * libp2p's transports for WebRTC, and the way over a relay that tabs find each other by. The only file of a browser that
 * imports them: in the package it is one self-contained module, so that whoever installs it installs none of what
 * `@libp2p/webrtc` needs in Node and on phones.
 */
export { circuitRelayTransport } from '@libp2p/circuit-relay-v2'
export { webRTC, webRTCDirect } from '@libp2p/webrtc'
