/** The suite of the store, run against each of its databases. */
import { afterEach, beforeEach } from 'vitest'
import { chainSuite } from './database/chain-id.suite.ts'
import { fenceSuite } from './database/fence.suite.ts'
import type { Backend, BackendFactory } from './fixture.suite.ts'
import { compactionSuite } from './generations/compaction.suite.ts'
import { damageSuite } from './generations/drop-damage.suite.ts'
import { generationSuite } from './generations/generation.suite.ts'
import { raceSuite } from './generations/race.suite.ts'
import { stateStoreSuite } from './state-store.suite.ts'
import { storageSuite } from './walks/measure-storage.suite.ts'
import { sourceSuite } from './walks/store-source.suite.ts'
import { verifySuite } from './walks/verify-state.suite.ts'

/** Declares all tests of the store. Each test has a database of its own, made by `create`. */
export function storeSuite(create: BackendFactory): void {
  let current: Awaited<ReturnType<BackendFactory>>
  beforeEach(async () => {
    current = await create()
  })
  afterEach(() => current.dispose())
  const backend: Backend = { connect: () => current.connect() }
  stateStoreSuite(backend)
  generationSuite(backend)
  compactionSuite(backend)
  damageSuite(backend)
  sourceSuite(backend)
  storageSuite(backend)
  verifySuite(backend)
  fenceSuite(backend)
  raceSuite(backend)
  chainSuite(backend)
}
