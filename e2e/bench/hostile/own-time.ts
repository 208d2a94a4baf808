/** How long this process ran, and how long its main thread stood ready without a core: what else the machine does, not us. */
import { readFileSync } from 'node:fs'

export interface OwnTime {
  /** Of all its threads. */
  readonly cpuMs: number
  /** Of its main thread. Zero where the system does not tell: it has to be Linux. */
  readonly queuedMs: number
}

/** Since the start of the process. */
export function ownTime(): OwnTime {
  const { user, system } = process.cpuUsage()
  return { cpuMs: (user + system) / 1000, queuedMs: queuedMs() }
}

/** `ownTime()` less `before`, in whole milliseconds. */
export function ownTimeSince(before: OwnTime): OwnTime {
  const now = ownTime()
  return { cpuMs: Math.round(now.cpuMs - before.cpuMs), queuedMs: Math.round(now.queuedMs - before.queuedMs) }
}

/** The second of three numbers: https://docs.kernel.org/scheduler/sched-stats.html#proc-pid-schedstat */
function queuedMs(): number {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]) / 1e6
  } catch {
    return 0 // no Linux
  }
}
