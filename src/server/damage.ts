/** Errors for a state partly lost or changed on disk. */
import { ServerError } from './error.ts'
import type { StateInfo } from './state-info.ts'

/** Returns the coded error of a damaged state; `rule` names the evidence. */
export function damagedState({ label, root }: Pick<StateInfo, 'label' | 'root'>, rule: string, cause?: unknown) {
  return new ServerError('damagedState', `${label} (root 0x${root}) is damaged: ${rule}`, {
    details: { label, root, rule },
    cause,
  })
}

/** True for damage noticed by LevelDB itself. LevelDB notices little: see `state-inventory.ts`. */
export function isCorruption(error: unknown): boolean {
  return error instanceof Error && (error as NodeJS.ErrnoException).code === 'LEVEL_CORRUPTION'
}
