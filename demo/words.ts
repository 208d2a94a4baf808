/** All sentences of the page about a sync and its peers: phases, reasons, coded errors. Pure. */

import { isRootlightError } from '../src/index.ts'
import { formatBytes, formatCount, shorten } from './format.ts'
import { FieldError, type PeerConfig } from './peer-config.ts'
import type { ShownProgress } from './progress-view.ts'

/** An error in words for people. */
export interface ErrorText {
  readonly text: string
  /** The error's code, for a search; empty if the error has none. */
  readonly code: string
}

const ERRORS: Readonly<Record<string, string>> = {
  badMultiaddr: 'That is not the multiaddr of a peer. One ends with /p2p/ and the peer’s id.',
  badRoot:
    'What stands under this root has a form that no Ethereum state has: it is not a state root. The peers did nothing wrong.',
  notSynced: 'This is not on disk yet, and no peer can be asked for it now. Start the sync, or connect a peer.',
  quotaExceeded: 'The browser grants this site no more room. What was verified is kept; make room, then start again.',
  storeFailed: 'The disk failed. What was verified before is kept.',
  superseded: 'Another sync of the same database took over.',
}

const STALLED: Readonly<Record<string, string>> = {
  noPeers: 'No peer is connected. The sync goes on by itself when one comes.',
  loadFailed: 'A part of this page could not be loaded, so no peer can be reached. It is loaded again in a moment.',
  rootUnavailable: 'The connected peers do not have the state under this root. Waiting for one that does.',
  noProgress: 'The peers answer, but with nothing that helps. Waiting for one that does.',
}

const PAUSED: Readonly<Record<string, string>> = {
  storageFull: 'The disk is full. What was verified is kept, and the sync goes on by itself when there is room.',
}

const LOST: Readonly<Record<string, string>> = {
  versionchange: 'Another tab has upgraded or deleted the database. Reload this page, or start again.',
  terminated: 'The browser has closed the database, and does not open it again. Reload this page.',
  evicted: 'The browser has deleted what was on disk. Start again: everything is fetched anew.',
}

const ABSENCE: Readonly<Record<string, string>> = {
  dialFailed: 'Nobody answers there.',
  loadFailed: 'A part of this page that connects to it could not be loaded.',
  unsupportedProtocol: 'It does not speak the protocol.',
  wrongChain: 'It serves another chain.',
  duplicatePeer: 'It is connected already, under another address.',
  disconnected: 'The connection ended.',
  lied: 'It sent bytes that do not have the hash that was asked for.',
  protocolViolation: 'It broke the limits of the protocol.',
  stalled: 'It did not answer in time.',
  closed: 'This page closed the connection.',
}

/** Returns `error` in plain words. An error without words here keeps its message and code. */
export function errorText(error: unknown): ErrorText {
  if (error instanceof FieldError) return { text: error.message, code: '' }
  const code = codeOf(error)
  const lost = isRootlightError(error, 'storeFailed') ? LOST[String(error.details['reason'])] : undefined
  if (lost !== undefined) return { text: lost, code }
  const message = error instanceof Error && error.message !== '' ? error.message : String(error)
  return { text: ERRORS[code] ?? message, code }
}

/** Returns in a few words why a value is missing. */
export function readErrorText(error: unknown): string {
  return codeOf(error) === 'notSynced'
    ? 'Not on this disk, and no peer can be asked for it now.'
    : errorText(error).text
}

/**
 * Returns the root a value was verified against. `block` is the number of the block with this root, or `null` if
 * unknown.
 */
export function againstText(root: string, block: number | null): string {
  return `root ${shorten(root)}${block === null ? '' : `, block ${formatCount(block)}`}`
}

/** Returns the stable code of a coded error, else an empty string. */
export function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : ''
  return typeof code === 'string' ? code : ''
}

/** Returns why the database was closed under the page. */
export function lostText(reason: string): string {
  return LOST[reason] ?? reason
}

/** Returns the browser's answer to the request to keep the stored data. */
export function persistText(isGranted: boolean): string {
  return isGranted
    ? 'The browser keeps it until you delete it.'
    : 'The browser does not promise to keep it: where disk space is short, it may delete it. Then it is fetched anew.'
}

/** Returns how full the disk is, by the browser's numbers in `error`, and possible remedies. */
export function fullText(error: unknown): ErrorText {
  const { usage, quota } = isRootlightError(error) ? error.details : {}
  const numbers =
    typeof usage === 'number' && typeof quota === 'number'
      ? `: by its own account ${formatBytes(usage)} of ${formatBytes(quota)} are in use`
      : ''
  const text = `The browser grants this site no more room${numbers}. Free some space on this machine, or remove other data of this site.`
  return { text, code: codeOf(error) }
}

/**
 * Returns one sentence on the state of the sync. With `offline`, no peer is connected, and none is being dialed. With
 * `isPart`, the sync covers the watched addresses only.
 */
export function phaseText(progress: ShownProgress, offline: boolean, reason?: string, isPart = false): string {
  switch (progress.phase) {
    case 'idle':
      return 'Nothing is synced yet.'
    case 'connecting':
      return 'Dialling the peers.'
    case 'syncing':
      return 'Every node is checked against the hash that its parent names.'
    case 'stalled':
      return STALLED[reason ?? ''] ?? 'Nothing arrives at the moment. The sync goes on by itself when a peer helps.'
    case 'paused':
      return PAUSED[reason ?? ''] ?? 'Stopped. What was verified is kept; the sync goes on from there.'
    case 'complete':
      return `${isPart ? 'What is watched, v' : 'V'}erified against root ${shorten(progress.root)}${offline ? ', offline' : ''}.`
    case 'failed':
      return 'The sync ended with an error.'
  }
}

/** Returns why a peer is not connected, or an empty string for a connected peer. */
export function absenceText(reason: string | undefined): string {
  return reason === undefined ? '' : (ABSENCE[reason] ?? reason)
}

/** Returns where the contents of the fields come from. */
export function sourceText(config: PeerConfig | null, isRemembered: boolean): string {
  if (config !== null) {
    const { name, accounts, nodes } = config
    return `From the peer beside this page: ${name}, ${formatCount(accounts)} accounts in ${formatCount(nodes)} nodes.`
  }
  if (isRemembered) return 'No peer runs beside this page. These are the fields of your last visit.'
  return 'No peer runs beside this page: “npm run demo” starts one, and “rootlight serve” prints a multiaddr and a root.'
}
