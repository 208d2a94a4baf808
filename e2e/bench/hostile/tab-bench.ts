/** The measuring process of `npm run bench -- hostile --tab`. */
import { startRelay } from '../../../src/server/index.ts'
import { TAB_ATTACKS } from '../../page/hostile-tab.ts'
import { serveSite } from '../build.ts'
import { parseHostileOptions } from '../options.ts'
import { ServerProcess } from '../server-process.ts'
import { measureAll } from './measure.ts'
import { GREED, startTabScene } from './tab-scene.ts'

const options = parseHostileOptions(process.argv.slice(2))
const { accounts } = options
const site = await serveSite(['peer', 'stranger'], { readable: false })
const relay = await startRelay()
const server = await ServerProcess.start({ synthetic: { accounts, seed: 1 }, straight: false })
try {
  const at = { siteUrl: site.url, server: server.ready, relay: relay.multiaddrs[0]! }
  await measureAll([...Object.keys(TAB_ATTACKS), GREED], options, () => startTabScene(at))
} finally {
  await server.stop()
  await relay.close()
  await site.close()
}
