/** The process of the hostile servers dialed by a tab, one level at a time. */
import { type FuzzingCounts, FuzzingServer, type TabFuzzLevel } from '../../../src/testing/hostile/fuzzing-server.ts'
import { answerParent } from './child.ts'

export type FuzzingQuestion =
  | {
      readonly ask: 'start'
      readonly level: TabFuzzLevel
      readonly seed: number
      readonly addresses: number
      readonly honestPort: number
      /** Hex digits. */
      readonly root: string
    }
  /** `count`: the number of inputs so far. `quiet`: no more inputs from now on. */
  | { readonly ask: 'count' | 'quiet' | 'stop' }

export interface FuzzingAnswer extends FuzzingCounts {
  /** The addresses to dial. */
  readonly addresses: readonly string[]
}

let server: FuzzingServer | null = null

answerParent<FuzzingQuestion, FuzzingAnswer>({}, async (question) => {
  if (question.ask === 'start') {
    const { ask: _, root, ...options } = question
    server = await FuzzingServer.start({ ...options, root: new Uint8Array(Buffer.from(root, 'hex')) })
  }
  if (server === null) throw new Error('start it first')
  const answer = { addresses: question.ask === 'start' ? server.addresses : [], ...server.counts }
  if (question.ask === 'quiet') await server.quiet()
  if (question.ask === 'stop') await server.stop()
  return answer
})
