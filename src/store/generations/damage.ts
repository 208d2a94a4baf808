/** Damage, as reported by the store after dropping it. */
import type { Stretch } from '../../sync/disk.ts'

/** The stretch of a damaged and dropped page, or of one missing node. */
export interface PageDamage extends Stretch {
  readonly generation: number
}

/** A damaged or missing code, wanted again: its hash, 64 hex digits. */
export interface CodeDamage {
  readonly code: string
}

/** A damaged page or a damaged code, found by a read or by `verify`, and dropped. */
export type Damage = PageDamage | CodeDamage
