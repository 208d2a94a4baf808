/**
 * The page: wires the fields and buttons to a {@link Session}, and what the session tells to the views. `?engine=window`
 * runs the engine in the window instead of a worker; `?chain=` names a chain that is not mainnet.
 */
import {
  createLightClient,
  type LightClient,
  type PeerInfo,
  type ReadAt,
  type SyncProgress,
  type SyncTarget,
} from '../src/index.ts'
import { byId, setText } from './dom.ts'
import { clearError, type ErrorPlace, showError, showFull, showMessage } from './error-view.ts'
import { attachForget, deleteDatabase } from './forget.ts'
import { CELLS, KeyspaceView } from './keyspace.ts'
import { attachLookup, clearLookup } from './lookup.ts'
import { forget, recall, remember } from './memory.ts'
import { fetchPeerConfig, parseAddress, parsePeers, parseRoot } from './peer-config.ts'
import { isConnected, PeersView } from './peers-view.ts'
import { NOTHING_YET, ProgressView, type ShownProgress } from './progress-view.ts'
import { Session } from './session.ts'
import { WalletView } from './wallet-view.ts'
import { WatchList } from './watch-list.ts'
import { lostText, persistText, phaseText, sourceText } from './words.ts'

const DATABASE = 'rootlight-demo'
const MAINNET = 1

const parameters = new URLSearchParams(location.search)
const peerField = byId('peer', HTMLTextAreaElement)
const rootField = byId('root', HTMLInputElement)
const watchField = byId('watch', HTMLInputElement)
const watchedOnly = byId('watched-only', HTMLInputElement)
const everything = byId('everything', HTMLInputElement)
const offlineBox = byId('offline', HTMLInputElement)
const startButton = byId('start', HTMLButtonElement)
const stopButton = byId('stop', HTMLButtonElement)
const progressView = new ProgressView()
const peersView = new PeersView()
const keyspace = new KeyspaceView(byId('keyspace', HTMLCanvasElement))

let chainId = Number(parameters.get('chain') ?? MAINNET)
let progress: ShownProgress = NOTHING_YET
let reason: string | undefined
let isOffline = false
/** An ERC-20 of the state, as the peer beside the page names it. */
let token: string | null = null
/** False until the fields and the last state are shown: before that there is nothing to start, and nothing to save. */
let isRestored = false
/** The fields as they were when the sync that runs was started. */
let started = ''

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

const wallet = new WalletView({ client: whenRestored, at: rootToReadAt, token: () => token }, (address) =>
  watched.remove(address),
)
const watched: WatchList = new WatchList(localStorage, () => {
  wallet.show(watched.addresses)
  void guard('sync-error', changeScope)
})

keyspace.attach()
const restored = guard('sync-error', restore).finally(() => {
  isRestored = true
  showButtons()
})
attachLookup(whenRestored, rootToReadAt)
wallet.show(watched.addresses)
byId('watch-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault()
  void guard('watch-error', async () => {
    watched.add(parseAddress(watchField.value, 'watch'))
    watchField.value = ''
  })
})
for (const choice of [everything, watchedOnly]) {
  choice.addEventListener('change', () => void guard('sync-error', changeScope))
}
offlineBox.addEventListener('change', () => void guard('sync-error', goOffline))
attachForget(() => void guard('page-error', forgetEverything))
byId('sync-form', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault()
  // What is said of the full disk stays until there is room.
  if (isWaitingForRoom() && fieldsText() === started) void session.resume()
  else void guard('sync-error', start)
})
byId('persist', HTMLButtonElement).addEventListener('click', () => {
  void guard('page-error', async () => {
    const client = await session.client()
    setText(byId('persist-answer', HTMLElement), persistText(await client.persist()))
  })
})
stopButton.addEventListener('click', () => void guard('sync-error', () => session.stop()))
for (const field of [peerField, rootField]) field.addEventListener('input', showButtons)
addEventListener('pagehide', save)

/** Fields from the running peer, else from the last visit; then what is on disk. */
async function restore(): Promise<void> {
  const memory = recall(localStorage)
  const config = await fetchPeerConfig(new URL('peer.json', document.baseURI))
  // Whoever was faster than the answer keeps what was typed.
  peerField.value ||= config?.multiaddrs.join('\n') ?? memory.peers
  rootField.value ||= config?.root ?? memory.root
  if (!parameters.has('chain') && config?.chainId !== undefined) chainId = config.chainId
  setText(byId('source', HTMLElement), sourceText(config, memory.peers !== ''))
  token = config?.token ?? null
  const client = await connectFields()
  const { complete } = await client.status()
  restoreProgress(memory.progress, complete?.root)
  keyspace.show(progress.fraction === 1 ? new Float32Array(CELLS).fill(1) : memory.coverage, false)
}

/** The disk decides what is complete; the memory only adds its numbers. */
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
  const peers = parsePeers(peerField.value)
  const root = parseRoot(rootField.value)
  rootField.value = root
  started = fieldsText()
  reason = undefined
  await session.start(peers, targetOf(root))
  showButtons()
  wallet.refresh()
}

/** Everything under the root, or what is watched of it: the addresses, and the token with its storage. */
function targetOf(root: string): SyncTarget {
  if (!watchedOnly.checked) return { root }
  return { root, accounts: watched.addresses, storage: token === null ? {} : { [token]: 'all' } }
}

/** What is wanted has changed: a sync that was started here goes over to it. */
async function changeScope(): Promise<void> {
  if (started === '' || offlineBox.checked) return
  await start()
}

/** Without peers, or with them again: what is on disk is read all the same. */
async function goOffline(): Promise<void> {
  await session.stop()
  if (offlineBox.checked) await session.connect([])
  else await connectFields()
  showButtons()
  wallet.refresh()
}

async function whenRestored(): Promise<LightClient> {
  await restored
  return session.client()
}

/** The root in its field is what is trusted, from the moment that it stands there. */
function rootToReadAt(): ReadAt | undefined {
  const text = rootField.value.trim().toLowerCase()
  return /^0x[0-9a-f]{64}$/.test(text) ? (text as ReadAt) : undefined
}

async function forgetEverything(): Promise<void> {
  await session.close()
  await deleteDatabase(DATABASE, () =>
    showMessage('page-error', 'Another tab still uses the database. It is deleted as soon as that tab is closed.'),
  )
  clearError()
  forget(localStorage)
  started = ''
  watched.clear()
  progress = NOTHING_YET
  keyspace.show(new Float32Array(CELLS))
  clearLookup()
  draw()
  showButtons()
  await connectFields()
}

/** A client for the peers in the field; without peers, if they cannot be used: what is on disk is read all the same. */
async function connectFields(): Promise<LightClient> {
  try {
    return await session.connect(parsePeers(peerField.value))
  } catch {
    // What is wrong with the field is said when a sync is started from it; a disk that fails, fails again here.
    return session.connect([])
  }
}

function openClient(peers: readonly string[]): Promise<LightClient> {
  const worker = () => new Worker(new URL('../src/worker/worker.ts', import.meta.url), { type: 'module' })
  const options = { database: DATABASE, chainId, peers }
  return createLightClient(parameters.get('engine') === 'window' ? options : { ...options, worker })
}

function showProgress(latest: SyncProgress, coverage: Float32Array): void {
  const isNewPhase = latest.phase !== progress.phase
  if (isNewPhase && isWaitingForRoom()) clearError()
  progress = latest
  reason = latest.reason ?? (latest.phase === 'stalled' ? reason : undefined)
  keyspace.show(coverage)
  draw()
  if (isNewPhase) showButtons()
}

function showStall(why: string): void {
  progress = { ...progress, phase: 'stalled' }
  reason = why
  draw()
}

function showEnd(phase: 'complete' | 'paused' | 'failed', error?: unknown): void {
  progress = { ...progress, phase, fraction: phase === 'complete' ? 1 : progress.fraction }
  if (phase === 'failed') showError('sync-error', error)
  if (phase === 'complete') wallet.refresh()
  draw()
  showButtons()
  save()
}

function showPeers(peers: readonly PeerInfo[]): void {
  peersView.show(peers)
  const isOnline = peers.some(isConnected)
  const isDialling = peers.length > 0 && peers.every((peer) => peer.state === 'connecting')
  // A peer that is gone is dialled again and again: once offline, only a connection ends it.
  isOffline = !isOnline && (isOffline || !isDialling)
  draw()
}

function draw(): void {
  progressView.show(progress, phaseText(progress, isOffline, reason))
}

function showButtons(): void {
  const isSyncing = session.isSyncing
  const hasChanged = fieldsText() !== started
  const canContinue = progress.phase === 'paused' && progress.root === rootField.value
  const focused = document.activeElement
  stopButton.disabled = !isSyncing
  const canRetry = isWaitingForRoom() && !hasChanged
  startButton.disabled = !isRestored || offlineBox.checked || (isSyncing && !hasChanged && !canRetry)
  setText(startButton, canRetry ? 'Try again' : isSyncing && hasChanged ? 'Switch' : canContinue ? 'Continue' : 'Start')
  // A disabled button drops the keyboard's place on the page: hand it to its neighbour.
  if (focused === startButton && startButton.disabled) stopButton.focus()
  if (focused === stopButton && stopButton.disabled) startButton.focus()
}

/** True while the sync that runs waits for room on the disk. */
function isWaitingForRoom(): boolean {
  return session.isSyncing && progress.phase === 'paused' && reason === 'storageFull'
}

function fieldsText(): string {
  return `${peerField.value.trim()} ${rootField.value.trim()}`
}

function save(): void {
  if (!isRestored) return
  remember(localStorage, { peers: peerField.value, root: rootField.value, progress, coverage: keyspace.shown() })
}

/** Runs `act`; what it throws is shown in `place`. */
async function guard(place: ErrorPlace, act: () => Promise<void>): Promise<void> {
  clearError()
  try {
    await act()
  } catch (error) {
    showError(place, error)
  }
}
