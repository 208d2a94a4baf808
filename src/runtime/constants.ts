/** The numbers of this folder, each with the reason for its value. */

/**
 * A timer that fires this much too late was held back: the machine slept, the page was frozen, or a task was long. Hidden
 * pages get their timers once a second, so a lateness up to that is ordinary.
 */
export const MAX_LATENESS_MS = 1_000
/** A timer that fires later than this may have gone ahead of messages that were waiting: they get a turn first. */
export const BRIEF_LATENESS_MS = 20
/** How long that turn is: enough for what waits on the thread to be taken in. */
export const LATE_TURN_MS = 50
/**
 * How often in a row a deadline begins again because its timer was late. A page that was hidden for minutes gets its timers
 * once a minute: there every timer is late, and a deadline must pass all the same.
 */
export const MAX_LATE_STARTS = 5
/** The wall clock and the monotonic clock differ by this much after a sleep; corrections of the wall clock are smaller. */
export const MIN_SLEEP_MS = 1_000

/** The first pause before a part that could not be loaded is loaded again; each failure doubles it. */
export const MIN_RELOAD_MS = 1_000
/** The longest such pause: a deployment that is being repaired takes minutes, and an attempt costs one request. */
export const MAX_RELOAD_MS = 30_000
/** An import that has brought nothing for so long is said to have failed; if it comes later, it is used. */
export const LOAD_TIMEOUT_MS = 30_000
