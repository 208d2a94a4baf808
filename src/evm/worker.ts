/**
 * Runs calls in a worker of their own, one at a time. A call never yields: the window ends a call by terminating the
 * worker. In the package this file is one bundled script.
 */
import { isRootlightError } from '../runtime/error.ts'
import { call } from './call.ts'
import { type CallErrorCode, toCallError } from './errors.ts'
import { estimateGas } from './estimate-gas.ts'
import type { FromWorker, Job, PlainCallError, ToWorker } from './messages.ts'
import { RemoteState } from './remote-state.ts'

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<ToWorker>) => void
  postMessage(message: FromWorker): void
}

let current: { readonly job: number; readonly state: RemoteState } | null = null

scope.onmessage = ({ data }) => {
  if (data.kind === 'run') {
    const { job, what, coming } = data
    const state = new RemoteState((read) => scope.postMessage({ kind: 'read', job, read }), coming)
    current = { job, state }
    void run(job, what, state)
  } else if (data.job === current?.job) {
    if (data.kind === 'value') current.state.take(data.read, data.value)
    else current.state.fail(new Error('the page has given it up'))
  }
}

scope.postMessage({ kind: 'ready' })

async function run(job: number, { method, block, request, options }: Job, state: RemoteState): Promise<void> {
  try {
    const result = await (method === 'call' ? call : estimateGas)(state, block, request, options)
    scope.postMessage({ kind: 'done', job, result })
  } catch (error) {
    scope.postMessage({ kind: 'failed', job, error: plainError(error) })
  }
}

function plainError(error: unknown): PlainCallError {
  const { code, message, details } = isRootlightError<CallErrorCode>(error)
    ? error
    : (toCallError(error) as ReturnType<typeof toCallError> & { code: CallErrorCode })
  return { code, message, details }
}
