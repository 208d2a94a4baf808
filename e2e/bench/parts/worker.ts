/** One part of a sync, on the engine's thread. */
import type { BenchTask } from '../page-contract.ts'
import { answerCalls } from '../worker-call.ts'
import { Ceiling } from './ceiling.ts'
import { Commits } from './commits.ts'
import { Verification } from './verification.ts'

export interface Part {
  open(task: BenchTask): Promise<void>
  /** Resolves with the milliseconds before the first peer was ready. */
  run(): Promise<number>
  check(): Promise<void>
}

export type PartStep =
  | { readonly step: 'open'; readonly task: BenchTask }
  | { readonly step: 'run' }
  | { readonly step: 'check' }

const PARTS: Readonly<Record<string, new () => Part>> = {
  ceiling: Ceiling,
  verification: Verification,
  commits: Commits,
}

let part: Part

answerCalls<PartStep>(async (step) => {
  switch (step.step) {
    case 'open':
      part = new PARTS[step.task.contender]!()
      return part.open(step.task)
    case 'run':
      return part.run()
    case 'check':
      return part.check()
    default:
      return step satisfies never
  }
})
