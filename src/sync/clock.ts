/** Time for the sync: the clock of `src/runtime`, passed in. */
export type { Clock } from '../runtime/clock.ts'
