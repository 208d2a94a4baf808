/** The suite of the store, run against each of its databases. */
import { afterEach, beforeEach } from 'vitest'
import { chainSuite } from './chain.suite.ts'
import { damageSuite } from './damage.suite.ts'
import { fenceSuite } from './fence.suite.ts'
import type { Backend, BackendFactory } from './fixture.suite.ts'
import { generationSuite } from './generation.suite.ts'
import { raceSuite } from './race.suite.ts'
import { sourceSuite } from './source.suite.ts'
import { stateStoreSuite } from './state-store.suite.ts'
import { storageSuite } from './storage.suite.ts'
import { verifySuite } from './verify.suite.ts'

/** Declares all tests of the store; each one has a database of its own, made by `create`. */
export function storeSuite(create: BackendFactory): void {
  let current: Awaited<ReturnType<BackendFactory>>
  beforeEach(async () => {
    current = await create()
  })
  afterEach(() => current.dispose())
  const backend: Backend = { connect: () => current.connect() }
  stateStoreSuite(backend)
  generationSuite(backend)
  damageSuite(backend)
  sourceSuite(backend)
  storageSuite(backend)
  verifySuite(backend)
  fenceSuite(backend)
  raceSuite(backend)
  chainSuite(backend)
}
