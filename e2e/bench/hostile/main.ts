/** `npm run bench -- hostile`: see `measure.ts`, `raw.ts` and `raw-tab.ts`. */
import { parseHostileOptions } from '../options.ts'
import { runInOwnNetwork } from '../own-network.ts'
import { EXCHANGES, measureAll } from './measure.ts'
import { fuzzServer } from './raw.ts'
import { fuzzTab } from './raw-tab.ts'
import { attacksOf, startRelayScene, startServerScene } from './server-scene.ts'

/** Runs the benchmark. `args` are the words after the command's name. */
export async function benchHostile(args: readonly string[]): Promise<void> {
  const { tab, relay, raw, inputs, seed, ...options } = parseHostileOptions(args)
  if (raw) await (tab ? fuzzTab : fuzzServer)({ accounts: options.accounts, inputs, seed, only: options.only })
  else if (tab) runInOwnNetwork(new URL('./tab-bench.ts', import.meta.url), args)
  else if (relay) await measureAll(await attacksOf('relay'), options, startRelayScene, EXCHANGES)
  else await measureAll(await attacksOf('server'), options, () => startServerScene(options.accounts))
}
