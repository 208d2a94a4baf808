/** The errors of a state's file. What was verified before one of them stays on disk, and a sync goes on from it. */
import { RootlightError } from '../trie/error.ts'

export type BackupErrorCode =
  /** Not a state's file, or one that is damaged: `details.rule` says what it breaks. */
  | 'badExport'
  /** It ends before its end. */
  | 'exportCutOff'
  /** The state that was being exported is no longer on disk: what was written of the file is not whole. */
  | 'exportGone'
  /**
   * The tab that was reading the file in ended before the file did: import it again, from its beginning. What was verified
   * is on disk, and is not written again.
   */
  | 'importCutOff'
  /** It is of another chain. */
  | 'exportOfOtherChain'
  /** It is of another root than the one that was asked for. */
  | 'exportOfOtherRoot'
  /** It was written by a newer version of this software. */
  | 'exportTooNew'

export class BackupError extends RootlightError<BackupErrorCode> {}

export function badExport(rule: string): BackupError {
  return new BackupError('badExport', `the file is damaged, or no state: ${rule}`, { details: { rule } })
}
