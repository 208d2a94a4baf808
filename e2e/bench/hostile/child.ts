/** A process of the benchmark. Answers one question at a time over IPC, and ends with its parent. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export class Child<Question, Answer> {
  readonly #process: ChildProcess

  private constructor(process: ChildProcess) {
    this.#process = process
  }

  /** Starts a child. Resolves with the child's first message. */
  static async start<Ready, Question, Answer>(
    script: string,
    input: unknown,
  ): Promise<{ child: Child<Question, Answer>; ready: Ready }> {
    const path = fileURLToPath(new URL(script, import.meta.url))
    const child = spawn(process.execPath, ['--import', 'tsx', path, JSON.stringify(input)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    return { child: new Child(child), ready: (await nextMessage(child)) as Ready }
  }

  async ask(question: Question): Promise<Answer> {
    const answer = nextMessage(this.#process)
    this.#process.send(question as object)
    return (await answer) as Answer
  }

  async stop(): Promise<void> {
    const exited = once(this.#process, 'exit')
    this.#process.disconnect()
    await exited
  }
}

/** In the child: reports `ready` and answers the parent's questions. */
export function answerParent<Question, Answer>(ready: unknown, answer: (question: Question) => Promise<Answer>): void {
  process.on('message', (question) => void answer(question as Question).then((value) => process.send?.(value)))
  process.on('disconnect', () => process.exit())
  process.on('SIGINT', () => {}) // a terminal sends it to the whole group; the parent says when
  process.send?.(ready)
}

async function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`a process ended with ${code}`))
    child.once('exit', onExit)
    child.once('message', (message) => {
      child.off('exit', onExit)
      resolve(message)
    })
  })
}
