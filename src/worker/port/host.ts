/** The worker's side of the port: runs an engine for the window. */
import { LazyPart } from '../../runtime/lazy-part.ts'
import { createTrace, type Trace } from '../../runtime/trace.ts'
import type { Engine, EngineEvent, EngineOptions } from '../engine.ts'
import { callEngine } from '../engine-calls.ts'
import { createTabEngine } from '../tabs/create-tab-engine.ts'
import { toPlainError } from '../to-plain-error.ts'
import type { FromWorker, ToWorker, WorkerScope } from './worker-port.ts'

const remoteWindow = new LazyPart('the way to the window', () => import('../window/remote-window.ts'))

/** Begins to listen on `scope`; the window does the rest. */
export function hostEngine(scope: WorkerScope): void {
  let engine: Promise<Engine> | null = null
  const send = (message: FromWorker, transfer: Transferable[] = []) => scope.postMessage(message, transfer)
  const emit = (event: EngineEvent) => {
    send({ kind: 'event', event }, event.kind === 'progress' ? [event.coverage.buffer as ArrayBuffer] : [])
  }
  scope.addEventListener('message', ({ data }) => {
    if (data.kind === 'open') {
      engine ??= open(data, send, emit)
      engine.catch(() => {}) // the window was told, and calls are answered with it
    } else void answer(engine, data, send)
  })
}

async function open(
  { options, lock, window }: Extract<ToWorker, { kind: 'open' }>,
  send: (message: FromWorker) => void,
  emit: (event: EngineEvent) => void,
): Promise<Engine> {
  send({ kind: 'started' })
  if (lock !== null) {
    // Without the lock the window learns of a death by error events only.
    navigator.locks.request(lock, () => holdForever(() => send({ kind: 'alive' }))).catch(() => {})
  }
  const trace = options.isTraced === true ? createTrace((note) => send({ kind: 'trace', note })) : null
  const engine = openEngine(options, window, emit, trace)
  engine.then(
    () => send({ kind: 'opened' }),
    (error) => send({ kind: 'refused', error: toPlainError(error) }),
  )
  return engine
}

async function openEngine(
  options: EngineOptions,
  window: MessagePort | null,
  emit: (event: EngineEvent) => void,
  trace: Trace | null,
): Promise<Engine> {
  if (window === null) return createTabEngine(options, emit, null, trace)
  const { RemoteWindow } = await remoteWindow.load()
  return createTabEngine(options, emit, new RemoteWindow(window), trace)
}

/**
 * Holds the lock until the worker ends. The browser then frees the lock in any case, and so tells the window of the
 * end.
 */
function holdForever(onHeld: () => void): Promise<never> {
  onHeld()
  return new Promise(() => {})
}

async function answer(
  engine: Promise<Engine> | null,
  asked: Extract<ToWorker, { kind: 'call' }>,
  send: (message: FromWorker, transfer?: Transferable[]) => void,
): Promise<void> {
  const { call } = asked
  try {
    if (engine === null) throw new Error('a call came before the engine was opened')
    const value = await callEngine(await engine, asked)
    send({ kind: 'result', call, value }, value instanceof Uint8Array ? [value.buffer as ArrayBuffer] : [])
  } catch (error) {
    send({ kind: 'error', call, error: toPlainError(error) })
  }
}
