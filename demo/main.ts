/**
 * The page: wires the fields and buttons to a {@link Session}, and the session's events to the views. `?engine=window`
 * runs the engine in the window instead of a worker. `?chain=` names another chain than mainnet.
 */
import {
  createLightClient,
  type LightClient,
  type PeerInfo,
  type SyncProgress,
  type SyncTarget,
  type TraceEvent,
} from '../src/index.ts'
import { byId, setText } from './dom.ts'
import { clearError, type ErrorPlace, showError, showFull, showMessage } from './error-view.ts'
import { SourceFields } from './fields.ts'
import { attachForget, deleteDatabase } from './forget.ts'
import { CELLS, KeyspaceView } from './keyspace.ts'
import { attachLookup, clearLookup } from './lookup.ts'
import { forget, openStorage, recall, remember } from './memory.ts'
import { fetchPeerConfig, type PeerConfig, parseAddress, type TokenConfig } from './peer-config.ts'
import { isConnected, PeersView } from './peers-view.ts'
import { NOTHING_YET, ProgressView, type ShownProgress } from './progress-view.ts'
import { isKept, type Kept, keptBy, watchedTarget } from './scope.ts'
import { Session } from './session.ts'
import { TraceView } from './trace-view.ts'
import type { WalletSource } from './wallet-source.ts'
import { WalletView } from './wallet-view.ts'
import { WatchList } from './watch-list.ts'
import { lostText, persistText, phaseText, sourceText } from './words.ts'

const DATABASE = 'rootlight-demo'
const MAINNET = 1

const storage = openStorage()
const parameters = new URLSearchParams(location.search)
const fields = new SourceFields(showButtons)
const watchField = byId('watch', HTMLInputElement)
const watchedOnly = byId('watched-only', HTMLInputElement)
const offlineBox = byId('offline', HTMLInputElement)
const startButton = byId('start', HTMLButtonElement)
const stopButton = byId('stop', HTMLButtonElement)
const progressView = new ProgressView()
const peersView = new PeersView()
const traceView = new TraceView(() => void guard('page-error', changeTrace))
const keyspace = new KeyspaceView(byId('keyspace', HTMLCanvasElement))

let chainId = Number(parameters.get('chain') ?? MAINNET)
let progress: ShownProgress = NOTHING_YET
let reason: string | undefined
let isOffline = false
/** The peer beside the page, or `null` if none runs. */
let config: PeerConfig | null = null
/** An ERC-20 of the state, as named by the peer beside the page now or on an earlier visit. */
let token: TokenConfig | null = null
/** The complete state on disk. */
let kept: Kept | null = null
/** False until the fields and the last state are shown: before, there is nothing to start, and nothing to save. */
let isRestored = false
/** The fields, and the target read from the fields, when the last sync was started. */
let started: { readonly text: string; readonly peers: readonly string[]; readonly target: SyncTarget } | null = null

const session = new Session(openClient, {
  progress: showProgress,
  peers: showPeers,
  stalled: showStall,
  full: (error) => showFull('sync-error', error),
  lost: (reason) => showMessage('page-error', lostText(reason)),
  damaged: () =>
    showMessage('sync-error', 'Something on disk was found damaged. It was dropped, and is fetched again.'),
  ended: showEnd,
})

const source: WalletSource = {
  client: whenRestored,
  // Without peers, reads take the state on disk, whatever its root.
  at: () => (offlineBox.checked ? undefined : fields.trustedRoot),
  token: () => token,
  isOnDisk: (address, root) => isKept(kept, address, root),
}
const wallet = new WalletView(source, (address) => watched.remove(address))
const watched: WatchList = new WatchList(storage, () => {
  wallet.show(watched.addresses)
  if (watchedOnly.checked) void guard('sync-error', changeScope)
})

keyspace.attach()
const restored = guard('sync-error', restore).finally(() => {
  isRestored = true
  showButtons()
})
attachLookup(source)
wallet.show(watched.addresses)
byId('watch-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault()
  void guard('watch-error', async () => {
    watched.add(parseAddress(watchField.value, 'watch'))
    watchField.value = ''
  })
})
for (const choice of [byId('everything', HTMLInputElement), watchedOnly]) {
  choice.addEventListener('change', () => void guard('sync-error', changeScope))
}
offlineBox.addEventListener('change', () => void guard('sync-error', goOffline))
attachForget(() => void guard('page-error', forgetEverything))
byId('sync-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault()
  // The message of the full disk stays until there is room.
  if (isWaitingForRoom() && !hasChanged()) void session.resume()
  else void guard('sync-error', start)
})
byId('persist', HTMLButtonElement).addEventListener('click', () => {
  void guard('page-error', async () => {
    const client = await session.client()
    setText(byId('persist-answer', HTMLElement), persistText(await client.persist()))
  })
})
stopButton.addEventListener('click', () => void guard('sync-error', () => session.stop()))
addEventListener('pagehide', save)

/** Fills the fields from the running peer, or from the last visit, then shows the state on disk. */
async function restore(): Promise<void> {
  const memory = recall(storage)
  config = await fetchPeerConfig(new URL('peer.json', document.baseURI))
  fields.fill({ peers: config?.multiaddrs.join('\n') ?? memory.peers, root: config?.root ?? memory.root })
  watchedOnly.checked = memory.isWatchedOnly
  if (!parameters.has('chain')) chainId = (config ?? memory).chainId ?? chainId
  token = (config ?? memory).token ?? null
  setText(byId('source', HTMLElement), sourceText(config, memory.peers !== ''))
  const client = await session.connect(fields.peersOrNone())
  const { complete } = await client.status()
  // The page remembers the synced part. The library knows whether this part is complete.
  if (complete?.whole) kept = keptBy({ root: complete.root })
  else if (complete !== null && memory.kept?.root === complete.root) kept = memory.kept
  restoreProgress(memory.progress, complete?.root)
  const isWhole = progress.fraction === 1 && complete?.whole === true
  keyspace.show(isWhole ? new Float32Array(CELLS).fill(1) : memory.coverage, false)
}

/** Shows the last progress. The disk decides about completeness; the memory only adds numbers. */
function restoreProgress(remembered: ShownProgress | null, completeRoot: string | undefined): void {
  const isPartial = remembered !== null && remembered.phase !== 'complete' && remembered.nodes > 0
  if (isPartial && remembered.root !== completeRoot) {
    progress = { ...remembered, phase: 'paused' }
  } else if (completeRoot !== undefined) {
    const numbers = remembered?.root === completeRoot ? remembered : NOTHING_YET
    progress = { ...numbers, phase: 'complete', root: completeRoot, fraction: 1 }
  }
  draw()
}

async function start(): Promise<void> {
  const { peers, root } = fields.parse()
  await sync(peers, root)
}

/** Syncs the changed scope: moves the running sync to the new target, or starts another sync. */
async function changeScope(): Promise<void> {
  if (started === null || offlineBox.checked) return
  await sync(started.peers, started.target.root!)
}

async function sync(peers: readonly string[], root: string): Promise<void> {
  const part = watchedOnly.checked ? watchedTarget(root, watched.addresses, token) : { root }
  const blockNumber = root === config?.root ? config.blockNumber : undefined
  const target = blockNumber === undefined ? part : { ...part, blockNumber }
  started = { text: fields.text, peers, target }
  reason = undefined
  await session.start(peers, target)
  showButtons()
}

/** Switches between working with peers and without. In both cases the page reads the state on disk. */
async function goOffline(): Promise<void> {
  await session.stop()
  await session.connect(offlineBox.checked ? [] : fields.peersOrNone())
  showButtons()
  wallet.refresh()
}

/** Opens the client again, with or without its trace. A running sync goes on. */
async function changeTrace(): Promise<void> {
  const running = session.isSyncing ? started : null
  await session.close()
  if (running !== null) await session.start(running.peers, running.target)
  else await session.connect(offlineBox.checked ? [] : fields.peersOrNone())
  showButtons()
}

async function whenRestored(): Promise<LightClient> {
  await restored
  return session.client()
}

async function forgetEverything(): Promise<void> {
  await session.close()
  await deleteDatabase(DATABASE, () =>
    showMessage('page-error', 'Another tab still uses the database. It is deleted as soon as that tab is closed.'),
  )
  clearError()
  forget(storage)
  started = kept = null
  watched.clear()
  progress = NOTHING_YET
  keyspace.show(new Float32Array(CELLS))
  clearLookup()
  draw()
  showButtons()
  await session.connect(offlineBox.checked ? [] : fields.peersOrNone())
}

function openClient(peers: readonly string[]): Promise<LightClient> {
  const worker = () => new Worker(new URL('../src/worker/port/worker.ts', import.meta.url), { type: 'module' })
  const trace = traceView.isOn ? { onTrace: (event: TraceEvent) => traceView.add(event) } : {}
  const options = { database: DATABASE, chainId, peers, ...trace }
  return createLightClient(parameters.get('engine') === 'window' ? options : { ...options, worker })
}

function showProgress(latest: SyncProgress, coverage: Float32Array): void {
  const isNewPhase = latest.phase !== progress.phase
  if (isNewPhase && isWaitingForRoom()) clearError()
  progress = latest
  reason = latest.reason ?? (latest.phase === 'stalled' ? reason : undefined)
  keyspace.show(coverage)
  draw()
  if (!isNewPhase) return
  showButtons()
  // From now on the client has a state for calls.
  wallet.complete()
}

function showStall(why: string): void {
  progress = { ...progress, phase: 'stalled' }
  reason = why
  draw()
}

function showEnd(phase: 'complete' | 'paused' | 'failed', error?: unknown): void {
  progress = { ...progress, phase, fraction: phase === 'complete' ? 1 : progress.fraction }
  if (phase === 'failed') showError('sync-error', error)
  if (phase === 'complete' && started?.target.root === progress.root) {
    kept = keptBy(started.target)
    wallet.refresh()
  } else if (phase === 'complete') void guard('sync-error', noteOthers)
  draw()
  showButtons()
  save()
}

/** Notes the state synced by another tab. If the state is partial, only the other tab knows the part. */
async function noteOthers(): Promise<void> {
  const { complete } = await (await session.client()).status()
  kept = complete?.whole ? keptBy({ root: complete.root }) : null
  wallet.refresh()
  draw()
  save()
}

function showPeers(peers: readonly PeerInfo[]): void {
  peersView.show(peers)
  const isOnline = peers.some(isConnected)
  const isDialling = peers.length > 0 && peers.every((peer) => peer.state === 'connecting')
  // The client dials a lost peer again and again: once offline, only a connection ends the offline state.
  isOffline = !isOnline && (isOffline || !isDialling)
  draw()
}

function draw(): void {
  const isPart = progress.phase === 'complete' && kept?.root === progress.root && kept.accounts !== null
  progressView.show(progress, phaseText(progress, isOffline, reason, isPart))
}

function showButtons(): void {
  const isSyncing = session.isSyncing
  const isOther = hasChanged()
  const canContinue = progress.phase === 'paused' && progress.root === fields.values.root
  const focused = document.activeElement
  stopButton.disabled = !isSyncing
  const canRetry = isWaitingForRoom() && !isOther
  startButton.disabled = !isRestored || offlineBox.checked || (isSyncing && !isOther && !canRetry)
  setText(startButton, canRetry ? 'Try again' : isSyncing && isOther ? 'Switch' : canContinue ? 'Continue' : 'Start')
  // A disabled button drops the keyboard focus: move the focus to the other button.
  if (focused === startButton && startButton.disabled) stopButton.focus()
  if (focused === stopButton && stopButton.disabled) startButton.focus()
}

/** Returns true while the running sync waits for room on the disk. */
function isWaitingForRoom(): boolean {
  return session.isSyncing && progress.phase === 'paused' && reason === 'storageFull'
}

/** Returns true if the fields differ from the fields of the last start. */
function hasChanged(): boolean {
  return fields.text !== started?.text
}

function save(): void {
  if (!isRestored) return
  const shown = { isWatchedOnly: watchedOnly.checked, progress, coverage: keyspace.shown() }
  remember(storage, { ...fields.values, chainId, token, kept, ...shown })
}

/** Runs `act`, and shows an error in `place`. */
async function guard(place: ErrorPlace, act: () => Promise<void>): Promise<void> {
  clearError()
  try {
    await act()
  } catch (error) {
    showError(place, error)
  }
}
