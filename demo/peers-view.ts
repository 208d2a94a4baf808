/**
 * The list of peers, one row each: id, address, state, rates, and the reason for not being connected. Rows are kept, to
 * avoid flicker.
 */
import type { PeerInfo } from '../src/index.ts'
import { byId, create, oncePerFrame, setText } from './dom.ts'
import { formatElapsed, formatRate, shorten, UNKNOWN } from './format.ts'
import { absenceText } from './words.ts'

interface Row {
  readonly element: HTMLLIElement
  readonly id: HTMLElement
  readonly state: HTMLElement
  readonly rate: HTMLElement
  readonly roundTrip: HTMLElement
  readonly address: HTMLElement
  readonly reason: HTMLElement
}

/** The list `#peers`. */
export class PeersView {
  readonly #list = byId('peers', HTMLUListElement)
  readonly #none = byId('no-peers', HTMLElement)
  readonly #rows = new Map<string, Row>()
  readonly #draw = oncePerFrame(() => this.#render())
  #peers: readonly PeerInfo[] = []

  /** Shows these peers, in this order. */
  show(peers: readonly PeerInfo[]): void {
    this.#peers = peers
    this.#draw()
  }

  #render(): void {
    this.#none.hidden = this.#peers.length > 0
    const keys = new Set(this.#peers.map(keyOf))
    for (const [key, row] of this.#rows) {
      if (keys.has(key)) continue
      row.element.remove()
      this.#rows.delete(key)
    }
    for (const peer of this.#peers) {
      const row = this.#rows.get(keyOf(peer)) ?? this.#add(keyOf(peer))
      fill(row, peer)
    }
  }

  #add(key: string): Row {
    const row = createRow()
    this.#rows.set(key, row)
    this.#list.append(row.element)
    return row
  }
}

/** Returns true if the peer can take requests now. */
export function isConnected(peer: PeerInfo): boolean {
  return peer.state === 'connected' || peer.state === 'busy'
}

function keyOf(peer: PeerInfo): string {
  return peer.address === '' ? peer.id : peer.address
}

function createRow(): Row {
  const element = create('li', 'peer')
  const row: Row = {
    element,
    id: create('span', 'peer-id hash'),
    state: create('span', 'peer-state'),
    rate: create('span', 'peer-rate'),
    roundTrip: create('span', 'peer-round-trip'),
    address: create('span', 'peer-address hash'),
    reason: create('p', 'peer-reason'),
  }
  const who = create('p', 'peer-line')
  who.append(row.id, row.rate, row.roundTrip)
  const where = create('p', 'peer-line')
  where.append(row.address, row.state)
  element.append(who, where, row.reason)
  return row
}

function fill(row: Row, peer: PeerInfo): void {
  const isLive = isConnected(peer)
  const id = peer.id === '' ? (/\/p2p\/(\w+)$/.exec(peer.address)?.[1] ?? '') : peer.id
  // A peer is busy for milliseconds: a word for this state would only flicker.
  const state = isLive ? 'connected' : peer.state
  row.element.dataset['state'] = state
  setText(row.id, shorten(id, 8, 6))
  row.id.title = id
  setText(row.state, state)
  setText(row.rate, isLive ? formatRate(peer.bytesPerSecond) : UNKNOWN)
  setText(row.roundTrip, isLive && peer.roundTripMs > 0 ? formatElapsed(peer.roundTripMs) : UNKNOWN)
  setText(row.address, peer.address.replace(/\/p2p\/\w+$/, ''))
  row.address.title = peer.address
  setText(row.reason, absenceText(isLive ? undefined : peer.reason))
}
