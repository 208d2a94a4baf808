/** The states served by the test peers, imported once in a test process, on first use, into a temporary directory. */

import type { WantedState } from '../src/server/import-options.ts'
import { type LevelSource, StateDirectory } from '../src/server/index.ts'
import type { GenesisName } from './genesis.ts'

/** The root of mainnet's genesis, as published. */
export const MAINNET_ROOT = '0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544'

export class States {
  readonly #directory = StateDirectory.open()
  readonly #sources = new Map<string, Promise<LevelSource>>()

  genesis(name: GenesisName): Promise<LevelSource> {
    return this.#source({ genesis: name })
  }

  /** Imports a geth-style genesis.json. */
  file(path: string): Promise<LevelSource> {
    return this.#source({ genesis: path })
  }

  generated(accounts: number, seed: number): Promise<LevelSource> {
    return this.#source({ generate: { accounts, seed } })
  }

  async close(): Promise<void> {
    await (await this.#directory).close()
  }

  #source(wanted: WantedState): Promise<LevelSource> {
    const key = JSON.stringify(wanted)
    const source = this.#sources.get(key) ?? this.#open(wanted)
    this.#sources.set(key, source)
    return source
  }

  async #open(wanted: WantedState): Promise<LevelSource> {
    const [source] = await (await this.#directory).sources([wanted])
    return source!
  }
}

/** Returns the root as applications write roots. */
export function rootOf(source: LevelSource): string {
  return `0x${source.info.root}`
}
