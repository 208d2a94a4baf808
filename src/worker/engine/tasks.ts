/** What the engine does beside syncs and reads, and takes long enough to be ended before its time. */
import { SyncError } from '../../sync/errors.ts'

interface Task {
  readonly controller: AbortController
  /** Settles when it has ended; never rejects. */
  readonly ended: Promise<unknown>
}

export class Tasks {
  readonly #tasks = new Map<number, Task>()

  /** Runs `work` under the caller's id. Rejects as it does; it has to heed its signal. */
  run<T>(id: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController()
    const result = work(controller.signal).finally(() => this.#tasks.delete(id))
    this.#tasks.set(id, { controller, ended: result.catch(() => {}) })
    return result
  }

  /** Ends a task, if it runs, with `cancelled`; resolves when it has ended. */
  abort(id: number): Promise<unknown> {
    return this.#end(this.#tasks.get(id), new SyncError('cancelled', 'it was cancelled'))
  }

  /** Ends all tasks with `reason`; resolves when they have ended. */
  async abortAll(reason: SyncError): Promise<void> {
    await Promise.all([...this.#tasks.values()].map((task) => this.#end(task, reason)))
  }

  async #end(task: Task | undefined, reason: SyncError): Promise<void> {
    task?.controller.abort(reason)
    await task?.ended
  }
}
