/** What is said of a state of which the disk has lost or changed something. */
import { ServerError } from './error.ts'
import type { StateInfo } from './state-database.ts'

/** The coded error of a state that is damaged; `rule` says what shows it. */
export function damagedState({ label, root }: Pick<StateInfo, 'label' | 'root'>, rule: string, cause?: unknown) {
  return new ServerError('damagedState', `${label} (root 0x${root}) is damaged: ${rule}`, {
    details: { label, root, rule },
    cause,
  })
}

/** True for what LevelDB found out by itself. It notices little: see `state-inventory.ts`. */
export function isCorruption(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'LEVEL_CORRUPTION'
}
