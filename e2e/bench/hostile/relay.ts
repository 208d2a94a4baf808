/** The relay's process, with the usual limits and a record of its own usage. */
import { startRelay } from '../../../src/server/relay.ts'
import { answerParent } from './child.ts'
import type { ServingFigures } from './scene.ts'
import { watchUsage } from './usage.ts'

export interface RelayReady {
  readonly address: string
}

const relay = await startRelay()
const usage = watchUsage()
answerParent<object, ServingFigures>({ address: relay.multiaddrs[0] }, async () => usage())
