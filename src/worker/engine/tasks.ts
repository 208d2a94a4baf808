/** Commands of the engine, other than syncs and reads, long enough to be ended early. */
import { SyncError } from '../../sync/errors.ts'

interface Task {
  readonly controller: AbortController
  /** Settles when the task has ended; never rejects. */
  readonly ended: Promise<unknown>
}

export class Tasks {
  readonly #tasks = new Map<number, Task>()

  /** Runs `work` under the caller's id, and settles as `work` does. `work` must heed its signal. */
  run<T>(id: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const controller = new AbortController()
    const result = work(controller.signal).finally(() => this.#tasks.delete(id))
    this.#tasks.set(id, { controller, ended: result.catch(() => {}) })
    return result
  }

  /** Ends a running task with `cancelled`. Resolves when the task has ended. */
  abort(id: number): Promise<unknown> {
    return this.#end(this.#tasks.get(id), new SyncError('cancelled', 'it was cancelled'))
  }

  /** Ends all tasks with `reason`. Resolves when all have ended. */
  async abortAll(reason: SyncError): Promise<void> {
    await Promise.all([...this.#tasks.values()].map((task) => this.#end(task, reason)))
  }

  async #end(task: Task | undefined, reason: SyncError): Promise<void> {
    task?.controller.abort(reason)
    await task?.ended
  }
}
