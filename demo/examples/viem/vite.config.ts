import { defineConfig } from 'vite'

// `es` lets the worker load libp2p when dialing, not before.
export default defineConfig({ worker: { format: 'es' }, build: { target: 'es2022' } })
