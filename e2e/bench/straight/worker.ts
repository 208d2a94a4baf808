/** The straight port in a worker: the same steps as in the window, called by message. */
import { answerCalls } from '../worker-call.ts'
import { RecordStore } from './store.ts'
import { straightSync } from './sync.ts'
import type { StraightStep } from './worker-port.ts'

const store = RecordStore.open()

answerCalls<StraightStep>(async (step) => {
  if (step.step === 'run') return straightSync(step.task, await store)
  if (step.step === 'check') return (await store).verify()
  await store
  return null
})
