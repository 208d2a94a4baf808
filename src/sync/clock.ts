/** Time as the sync takes it: the clock of `src/runtime`, passed in. */
export type { Clock } from '../runtime/clock.ts'
