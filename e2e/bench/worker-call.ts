/** A worker doing one step at a time on request, and reporting the result. */

type Reply = { readonly value: unknown } | { readonly error: string }

/** In the window: returns a function which lets `worker` do a step. Rejects with the step's error. */
export function callerOf<Step>(worker: Worker): <T>(step: Step) => Promise<T> {
  return <T>(step: Step) =>
    new Promise<T>((resolve, reject) => {
      worker.onerror = (event) => reject(new Error(event.message))
      worker.onmessage = ({ data }: MessageEvent<Reply>) => {
        if ('error' in data) reject(new Error(data.error))
        else resolve(data.value as T)
      }
      worker.postMessage(step)
    })
}

/** In the worker: takes the steps. */
export function answerCalls<Step>(take: (step: Step) => Promise<unknown>): void {
  const scope = globalThis as unknown as {
    postMessage(reply: Reply): void
    addEventListener(type: 'message', listener: (event: MessageEvent<Step>) => void): void
  }
  scope.addEventListener('message', ({ data }) => {
    take(data).then(
      (value) => scope.postMessage({ value }),
      (error: unknown) => scope.postMessage({ error: String((error as Error)?.stack ?? error) }),
    )
  })
}
