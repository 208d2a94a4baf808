/**
 * The running time of this process, and the time its main thread waited for a core. The wait shows the load of other
 * programs.
 */
import { readFileSync } from 'node:fs'

export interface OwnTime {
  /** Running time of all threads. */
  readonly cpuMs: number
  /** Waiting time of the main thread. Zero where the system does not tell; only Linux does. */
  readonly queuedMs: number
}

/** Returns the times since the start of the process. */
export function ownTime(): OwnTime {
  const { user, system } = process.cpuUsage()
  return { cpuMs: (user + system) / 1000, queuedMs: queuedMs() }
}

/** Returns `ownTime()` less `before`, in whole milliseconds. */
export function ownTimeSince(before: OwnTime): OwnTime {
  const now = ownTime()
  return { cpuMs: Math.round(now.cpuMs - before.cpuMs), queuedMs: Math.round(now.queuedMs - before.queuedMs) }
}

/** Returns the second of three numbers: https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat */
function queuedMs(): number {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]) / 1e6
  } catch {
    return 0 // no Linux
  }
}
