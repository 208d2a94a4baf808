/**
 * `npm run size`: lays out the code which browsers load from the package in `test-results/size`, a folder for each
 * load. `size-limit` then weighs the folders. The allowed sizes are in `.size-limit.json`.
 */
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundleOf, type Chunk } from './bundle.ts'

const FOLDER = fileURLToPath(new URL('../../test-results/size', import.meta.url))

const window = await bundleOf('index.js')
const evm = await bundleOf('evm/index.js')
const react = await bundleOf('react/index.js', ['react'])
const worker = await bundleOf('worker/port/worker.js')
const dialing = ['dist/network/libp2p/dialing-node.js', 'dist/network/libp2p/libp2p-caller.js']
const cipher = 'dist/network/libp2p/sodium.js'
const libp2p = without(window.after(...dialing), window.after(cipher))
const client = window.before('dist/client.js')
const webrtc = window.after('dist/network/window/window-node.js', 'dist/worker/window/window-host.js')

await rm(FOLDER, { recursive: true, force: true })
await layOut('window/first', window.first)
await layOut('window/client', client)
await layOut('window/engine', without(window.before('dist/worker/tabs/create-tab-engine.js'), client))
await layOut('window/libp2p', libp2p)
await layOut('window/webrtc', without(webrtc, [...libp2p, ...window.after(cipher)]))
await layOut('window/cipher', window.after(cipher))
await layOut('window/provider', without(window.after('dist/wallet/provider/handle-request.js'), client))
await layOut('window/all', window.chunks)
await layOut('evm/first', evm.first)
await layOut('evm/thread', evm.after('dist/evm/on-thread.js'))
await layOut('react/all', react.chunks)
await layOut('worker/first', worker.first)
await layOut('worker/libp2p', without(worker.after(...dialing), worker.after(cipher)))
await layOut('worker/cipher', worker.after(cipher))
await layOut('worker/webrtc', worker.after('dist/worker/window/remote-window.js', 'dist/worker/serving/serving.js'))
await layOut('worker/all', worker.chunks)

function without(chunks: readonly Chunk[], others: readonly Chunk[]): readonly Chunk[] {
  return chunks.filter((chunk) => !others.includes(chunk))
}

async function layOut(load: string, chunks: readonly Chunk[]): Promise<void> {
  const folder = join(FOLDER, load)
  await mkdir(folder, { recursive: true })
  for (const { fileName, code } of chunks) await writeFile(join(folder, basename(fileName)), code)
}
