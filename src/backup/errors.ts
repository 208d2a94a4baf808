/** The coded errors of a state's file. Data verified before an error stays on disk, and a sync goes on from there. */
import { RootlightError } from '../runtime/error.ts'

/** The codes of failed exports and imports. */
export type BackupErrorCode =
  /** The file is damaged, or not a state's file: `details.rule` names the broken rule. */
  | 'badExport'
  /** The file ends too early. */
  | 'exportCutOff'
  /** The exported state is no longer on disk: the part of the file written so far is incomplete. */
  | 'exportGone'
  /**
   * The tab reading the file closed before the end of the file: import the file again, from its beginning. Verified
   * data is on disk and is not written again.
   */
  | 'importCutOff'
  /** The file belongs to another chain. */
  | 'exportOfOtherChain'
  /** The file has another root than requested. */
  | 'exportOfOtherRoot'
  /** A newer version of this software wrote the file. */
  | 'exportTooNew'

export class BackupError extends RootlightError<BackupErrorCode> {}

export function badExport(rule: string): BackupError {
  return new BackupError('badExport', `the file is damaged, or no state: ${rule}`, { details: { rule } })
}
