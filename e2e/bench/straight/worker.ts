/** The straight port in a worker: the same steps as in the window, called by message. */
import { RecordStore } from './store.ts'
import { straightSync } from './sync.ts'
import type { FromStraightWorker, ToStraightWorker } from './worker-port.ts'

const scope = globalThis as unknown as {
  postMessage(message: FromStraightWorker): void
  addEventListener(type: 'message', listener: (event: MessageEvent<ToStraightWorker>) => void): void
}
const store = RecordStore.open()

scope.addEventListener('message', ({ data }) => {
  answer(data).then(
    (value) => scope.postMessage({ value }),
    (error: unknown) => scope.postMessage({ error: String((error as Error)?.stack ?? error) }),
  )
})

async function answer(message: ToStraightWorker) {
  if (message.step === 'run') return straightSync(message.task, await store)
  if (message.step === 'check') return (await store).verify()
  await store
  return null
}
