/** The numbers of this folder, each with the reason for its value. */

/**
 * The lateness above which a timer counts as held back: the machine slept, the page was frozen, or a task was long.
 * Hidden pages run timers once a second, so a lateness below one second is ordinary.
 */
export const MAX_LATENESS_MS = 1_000
/** The lateness above which a timer may have overtaken waiting messages: then the messages get a turn first. */
export const BRIEF_LATENESS_MS = 20
/** The length of this turn: enough for the thread to handle the waiting messages. */
export const LATE_TURN_MS = 50
/**
 * How many times in a row a deadline starts again because of a late timer. In a page hidden for minutes, timers run
 * once a minute: each one is late, but a deadline must still pass.
 */
export const MAX_LATE_STARTS = 5
/**
 * The least sleep detected: after a sleep, wall clock and monotonic clock differ by more. Corrections of the wall clock
 * are smaller.
 */
export const MIN_SLEEP_MS = 1_000

/** The first pause before a failed part is loaded again; each failure doubles the pause. */
export const MIN_RELOAD_MS = 1_000
/** The longest such pause: repairing a deployment takes minutes, and an attempt costs one request. */
export const MAX_RELOAD_MS = 30_000
/** The time after which an import without a result counts as failed; a later result is still used. */
export const LOAD_TIMEOUT_MS = 30_000
