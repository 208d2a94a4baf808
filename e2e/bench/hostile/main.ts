/** `npm run bench -- hostile`: see `measure.ts`, `raw.ts` and `raw-tab.ts`. */
import { parseHostileOptions } from '../options.ts'
import { runInOwnNetwork } from '../own-network.ts'
import { measureAll } from './measure.ts'
import { fuzzServer } from './raw.ts'
import { fuzzTab } from './raw-tab.ts'
import { serverAttacks, startServerScene } from './server-scene.ts'

/** `args` are those behind the command's name. */
export async function benchHostile(args: readonly string[]): Promise<void> {
  const { tab, raw, inputs, seed, ...options } = parseHostileOptions(args)
  if (raw) await (tab ? fuzzTab : fuzzServer)({ accounts: options.accounts, inputs, seed, only: options.only })
  else if (tab) runInOwnNetwork(new URL('./tab-bench.ts', import.meta.url), args)
  else await measureAll(await serverAttacks(), options, () => startServerScene(options.accounts))
}
