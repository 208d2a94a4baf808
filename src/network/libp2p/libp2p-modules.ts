/** The used parts of libp2p as one module: a bundler makes few chunks of them, and leaves out the rest. */

export { noise } from '@chainsafe/libp2p-noise'
export { identify, identifyPush } from '@libp2p/identify'
export { yamux } from '@libp2p/yamux'
export { createLibp2p } from 'libp2p'
export { dialingWebSockets } from './dialing-websockets.ts'
export { fastNoiseCrypto } from './noise-crypto.ts'
