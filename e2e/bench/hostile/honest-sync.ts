/** The process of an honest client, which syncs the whole state on request. */
import { WebSocket } from 'ws'
import { syncHonestly } from '../../../src/testing/hostile/honest-sync.ts'
import { answerParent } from './child.ts'
import { type OwnTime, ownTime, ownTimeSince } from './own-time.ts'
import type { ServerReady } from './server.ts'

export interface HonestSyncFigures extends OwnTime {
  /** From the start of a new client to the last node. */
  readonly ms: number
  /** Why the client lost the server or could not dial the server, each reason once. */
  readonly losses: readonly string[]
}

Object.assign(globalThis, { WebSocket })
const { address, root: hex } = JSON.parse(process.argv[2]!) as ServerReady
const target = { address, root: new Uint8Array(Buffer.from(hex, 'hex')) }
answerParent<object, HonestSyncFigures>({}, async () => {
  const losses = new Set<string>()
  const before = ownTime()
  const beganAt = performance.now()
  const { phase } = await syncHonestly(target, { onLoss: (reason) => losses.add(reason) })
  if (phase !== 'complete') throw new Error(`the honest client's sync is ${phase}`)
  return { ms: Math.round(performance.now() - beganAt), ...ownTimeSince(before), losses: [...losses] }
})
