/**
 * The page of the end-to-end tests: the library on `window.e2e`, and a log of its events. `?engine=window` runs the
 * engine in the window, any other value in a worker. Opens no database and dials no peer without a request, and so also
 * serves as a blank page of the origin.
 */
import {
  createLightClient,
  type Damage,
  isRootlightError,
  type LightClient,
  type LightClientOptions,
  type PeerInfo,
  type ReadAt,
  type Sync,
  type SyncProgress,
  type SyncTarget,
  type TabRole,
} from '../../src/index.ts'
import type { AttackReport } from './hostile-tab.ts'

const inWindow = new URLSearchParams(location.search).get('engine') === 'window'

/** The end of a promise, as plain data; `pending` before the end. */
export type Outcome =
  | { readonly state: 'pending' | 'resolved' }
  | { readonly state: 'rejected'; readonly code: string; readonly message: string }

export interface OpenOptions extends Pick<LightClientOptions, 'webrtc' | 'serve'> {
  readonly database?: string
  readonly chainId?: number
  /** A relay for a libp2p node of the application's own. */
  readonly ownNodeOn?: string
}

/** One sync, and its events so far. */
export interface Followed {
  readonly sync: Sync
  progress: SyncProgress | null
  readonly phases: string[]
  readonly stalls: string[]
  /** The reasons of pauses: codes, and the numbers of the errors. */
  readonly pauses: { readonly code: string; readonly usage: unknown; readonly quota: unknown }[]
  outcome: Outcome
}

/** See the head of this file. */
export class Harness {
  readonly createLightClient = createLightClient
  /** Every worker made here, the latest last. */
  readonly workers: Worker[] = []
  readonly damages: Damage[] = []
  /** The reasons for which databases were closed under their clients. */
  readonly closures: string[] = []
  /** The roles of this tab since the client opened. */
  readonly roles: TabRole[] = []
  /** The progress of the running sync, of any tab. */
  progress: SyncProgress | null = null
  #client: LightClient | null = null
  #latest: Followed | null = null

  get client(): LightClient {
    if (this.#client === null) throw new Error('no client is open')
    return this.#client
  }

  /** The last started sync. */
  get latest(): Followed {
    if (this.#latest === null) throw new Error('no sync was started')
    return this.#latest
  }

  /** Opens the client; `database` is the same for all pages of a browser context. */
  async open(
    peers: readonly string[],
    { database = 'e2e', chainId = 0, ownNodeOn, ...webrtc }: OpenOptions = {},
  ): Promise<void> {
    const worker = () => {
      const made = new Worker(new URL('../../src/worker/port/worker.ts', import.meta.url), { type: 'module' })
      this.workers.push(made)
      return made
    }
    const engine = inWindow ? {} : { worker }
    const node = ownNodeOn === undefined ? {} : { libp2p: await makeNode(ownNodeOn) }
    this.#client = await createLightClient({ database, chainId, peers, ...webrtc, ...node, ...engine })
    this.#client.addEventListener('damaged', (event) => this.damages.push(event.detail))
    this.#client.addEventListener('storeClosed', (event) => this.closures.push(event.detail.reason))
    this.#client.addEventListener('role', (event) => this.roles.push(event.detail))
    this.#client.addEventListener('progress', (event) => {
      this.progress = event.detail
    })
  }

  /** Starts a sync and follows it. Only this harness awaits `done`, as if no caller did. */
  start(target: SyncTarget): Followed {
    const sync = this.client.sync(target)
    const followed: Followed = {
      sync,
      progress: null,
      phases: [],
      stalls: [],
      pauses: [],
      outcome: { state: 'pending' },
    }
    sync.addEventListener('progress', ({ detail }) => {
      followed.progress = detail
      if (followed.phases.at(-1) !== detail.phase) followed.phases.push(detail.phase)
    })
    sync.addEventListener('stalled', ({ detail }) => followed.stalls.push(detail.reason))
    sync.addEventListener('paused', ({ detail: { error } }) => {
      followed.pauses.push({ code: error.code, usage: error.details['usage'], quota: error.details['quota'] })
    })
    void outcomeOf(sync.done).then((outcome) => {
      followed.outcome = outcome
    })
    this.#latest = followed
    return followed
  }

  /** Syncs to the end. Rejects as the sync does. */
  async sync(root: string): Promise<SyncProgress> {
    return this.start({ root }).sync.done
  }

  /** Returns the answers of `getAccount` in order, `count` requested at a time, in the form of {@link readAccounts}. */
  async readAtOnce(addresses: readonly string[], count: number, at?: ReadAt): Promise<string> {
    const options = at === undefined ? {} : { at }
    const answers: unknown[] = []
    for (let i = 0; i < addresses.length; i += count) {
      const some = addresses.slice(i, i + count).map((address) => this.client.getAccount(address, options))
      answers.push(...(await Promise.all(some)))
    }
    return toJson(answers)
  }

  /** Returns the answers of `getAccount`, one after the other, as JSON with integers as decimal strings. */
  async readAccounts(addresses: readonly string[]): Promise<string> {
    const answers: unknown[] = []
    for (const address of addresses) answers.push(await this.client.getAccount(address))
    return toJson(answers)
  }

  peers(): readonly PeerInfo[] {
    return this.client.peers()
  }

  /** See `wallet.ts`. */
  wallet() {
    return import('./wallet.ts')
  }

  /** Attacks, see `hostile-tab.ts`: the page is no client then. */
  async attack(relay: string, address: string, root: string): Promise<AttackReport[]> {
    const { attackTab } = await import('./hostile-tab.ts')
    return attackTab(relay, address, root)
  }
}

function toJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? each.toString() : each))
}

/** Resolves with the end of `promise`; never rejects. */
export function outcomeOf(promise: Promise<unknown>): Promise<Outcome> {
  return promise.then(
    () => ({ state: 'resolved' }),
    (error: unknown) => ({
      state: 'rejected',
      code: isRootlightError(error) ? error.code : 'not a coded error',
      message: String(error),
    }),
  )
}

async function makeNode(relay: string) {
  const { createOwnNode } = await import('./own-node.ts')
  return createOwnNode(relay)
}

declare global {
  interface Window {
    e2e: Harness & { outcomeOf: typeof outcomeOf }
  }
}

window.e2e = Object.assign(new Harness(), { outcomeOf })
