/** The clock of `src/runtime`, for the folders that import it from here. */
export { type Clock, systemClock } from '../runtime/clock.ts'
