/** The code which browsers load from the package, and when. The allowed sizes are in `.size-limit.json`. */
import { bundleOf, bundleOfMode, type Chunk, modulesOf } from './bundles/bundle.ts'
import { expect, test } from './fixtures.ts'
import { rootOf } from './states.ts'

/** Our modules for Node, and Vite's replacement of a Node module. */
const FOR_NODE = /^(dist|src)\/(server|testing)\/|vite-browser-external/
const LIBP2P = /node_modules\/(libp2p|@libp2p\/[^/]+|@chainsafe\/libp2p-[^/]+)\//
const WEBRTC = /webrtc/
/** The cipher looks for Node's random numbers and finds an empty module. */
const CIPHER = /node_modules\/libsodium\//

const ABSENT = '0x000000000000000000000000000000000000dead'

const ENTRIES = [
  { entry: 'rootlight', bundle: () => bundleOf('index.js') },
  { entry: 'rootlight/worker', bundle: () => bundleOf('worker/port/worker.js') },
  { entry: 'rootlight/evm', bundle: () => bundleOf('evm/index.js') },
  { entry: 'worker.bundle.js', bundle: () => bundleOfMode('worker') },
]

for (const { entry, bundle } of ENTRIES) {
  test(`${entry}: nothing of it is for a server, a test or Node, now or later`, async () => {
    const { chunks } = await bundle()
    const others = chunks.filter((chunk) => found(CIPHER, [chunk]).length === 0)
    expect(others.length).toBeGreaterThan(0)
    expect(found(FOR_NODE, others)).toEqual([])
    expect(strangersOf(chunks).filter((name) => name !== './worker.libp2p.js')).toEqual([])
  })

  test(`${entry}: nothing of libp2p and WebRTC is in the first load`, async () => {
    const { first } = await bundle()
    expect(modulesOf(first)).not.toEqual([])
    expect(found(LIBP2P, first)).toEqual([])
    expect(found(WEBRTC, first)).toEqual([])
  })
}

test('the measures see what they look for', async () => {
  expect(found(FOR_NODE, (await bundleOf('server/index.js')).chunks)).toEqual(
    expect.arrayContaining(['dist/server/server.js', '__vite-browser-external']),
  )
  const window = await bundleOf('index.js')
  expect(found(LIBP2P, window.after('dist/network/libp2p/dialing-node.js'))).not.toEqual([])
  expect(found(WEBRTC, window.after('dist/network/window/window-node.js'))).not.toEqual([])
})

for (const engine of ['worker', 'window'] as const) {
  test(`engine in the ${engine}: a page that only reads loads nothing of libp2p`, async ({
    openPage,
    peer,
    states,
  }) => {
    const state = await states.generated(500, 18)
    const { address } = await peer([state])
    const page = await openPage(engine)
    const scripts: string[] = []
    page.context().on('request', (request) => scripts.push(request.url()))
    const libp2p = () => scripts.filter((url) => /dialing-node|libp2p/.test(url))

    await page.evaluate((address) => window.e2e.open([address]), address)
    await page.evaluate((root) => window.e2e.sync(root), rootOf(state))
    expect(libp2p()).not.toEqual([])

    scripts.length = 0
    await page.reload()
    await page.evaluate((address) => window.e2e.open([address]), address)
    const answers = await page.evaluate((absent) => window.e2e.readAccounts([absent]), ABSENT)
    expect(JSON.parse(answers)).toEqual([{ root: rootOf(state), value: null }])
    expect(scripts).not.toEqual([])
    expect(libp2p()).toEqual([])
  })
}

function found(what: RegExp, chunks: readonly Chunk[]): readonly string[] {
  return modulesOf(chunks).filter((path) => what.test(path))
}

/** Returns the imports of `chunks` from outside: a browser would have to find these modules by itself. */
function strangersOf(chunks: readonly Chunk[]): readonly string[] {
  const own = new Set(chunks.map(({ fileName }) => fileName))
  return chunks
    .flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports])
    .filter((name) => !own.has(name))
}
