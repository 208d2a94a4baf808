/** The damage that a store reports after dropping it. */
import type { Stretch } from '../../sync/disk.ts'

/** The stretch of a page that was damaged and has been dropped, or of one node that is missing. */
export interface PageDamage extends Stretch {
  readonly generation: number
}

/** A code that was damaged or missing, and is wanted again: its hash, 64 hex digits. */
export interface CodeDamage {
  readonly code: string
}

/** A damaged page or a damaged code, found by a read or by `verify`, and dropped. */
export type Damage = PageDamage | CodeDamage
