import { bytesToHex } from '@noble/hashes/utils.js'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { LoadError } from '../runtime/lazy-part.ts'
import { ManualClock, settle } from '../testing/manual-clock.ts'
import { mptOracle, type Oracle, sequenceOf } from '../testing/oracle.ts'
import {
  cappedPeer,
  corruptPeer,
  emptyPeer,
  honestPeer,
  type PeerState,
  quittingPeer,
  silentPeer,
  type TestPeer,
  TestPeers,
} from '../testing/peers.ts'
import { seededRandom } from '../testing/random.ts'
import { type RandomState, randomState } from '../testing/random-state.ts'
import { nobleKeccak } from '../trie/keccak.ts'
import { pathOfKey, ROOT_PATH } from '../trie/path.ts'
import { LOST_PEER_GRACE_MS, MAX_FETCHED_BYTES, READ_TIMEOUT_MS } from './constants.ts'
import { ReadError } from './errors.ts'
import { FetchedNodes } from './fetched-nodes.ts'
import { Fetcher } from './fetcher.ts'
import { OnDemandNodes } from './on-demand-nodes.ts'
import { StateReader } from './state-reader.ts'

let state: RandomState
let oracle: Oracle
let peerState: PeerState
let clock: ManualClock
let mayCome: boolean
let canCome: boolean
let loadFailure: LoadError | null

beforeAll(async () => {
  state = randomState(seededRandom(5), 200)
  oracle = await mptOracle(state.accounts)
  peerState = { sequence: sequenceOf(oracle), codes: state.codes }
})

beforeEach(() => {
  clock = new ManualClock()
  mayCome = false
  canCome = true
  loadFailure = null
})

/** Returns a light client with a root and these peers. */
function lightClient(...peers: TestPeer[]) {
  const set = new TestPeers(...peers)
  const fetcher = new Fetcher({
    peers: set,
    keccak: nobleKeccak,
    clock,
    yieldThread: () => new Promise((resolve) => setImmediate(resolve)),
    connect: () => {},
    mayCome: () => mayCome,
    canCome: () => canCome,
    loadFailure: () => loadFailure,
  })
  const fetched = new FetchedNodes(MAX_FETCHED_BYTES)
  const below = { node: async () => undefined, code: async () => undefined }
  const { root } = oracle
  const nodes = new OnDemandNodes({
    root,
    below,
    fetched,
    fetcher,
    onNodes: (found) => fetched.addNodes(found),
    onCode: () => {},
  })
  return { reader: new StateReader(oracle.root, nodes), fetcher, fetched, peers: set }
}

/** Returns the outcome of `promise` within `ms`. Fails if the promise has not settled by then. */
async function within<T>(ms: number, promise: Promise<T>): Promise<T | ReadError> {
  let result: { readonly value: T | ReadError } | undefined
  promise.then(
    (value) => {
      result = { value }
    },
    (error) => {
      result = { value: error }
    },
  )
  await clock.pass(ms)
  for (let rounds = 0; rounds < 8 && result === undefined; rounds++) await settle()
  if (result === undefined) throw new Error(`not settled within ${ms} ms`)
  return result.value
}

const contracts = () => state.accounts.filter(({ slots = [] }) => slots.length > 0)
const kinds = (peer: TestPeer) => peer.reports.map(({ kind }) => kind)

describe('Fetcher', () => {
  test('default: every account, slot and code, one round trip each', async () => {
    const peer = honestPeer(peerState)
    const { reader, fetched } = lightClient(peer)
    for (const { key, nonce, balance, codeHash, slots = [] } of state.accounts) {
      const before = peer.asked.length
      fetched.clear()
      expect(await within(0, reader.account(key))).toMatchObject({ nonce, balance })
      expect(peer.asked.length - before).toBe(1)
      for (const [slotKey] of slots.slice(0, 1)) {
        fetched.clear()
        expect(await within(0, reader.slot(key, slotKey))).not.toBe(0n)
        expect(peer.asked.length - before).toBe(2)
      }
      if (codeHash === undefined) continue
      expect(await within(0, reader.code(key))).toEqual(state.codes.get(bytesToHex(codeHash)))
    }
    expect(new Set(kinds(peer))).toEqual(new Set(['useful']))
  })

  test('behavior: reads at the same time share a request, and what is wanted twice is asked for once', async () => {
    const peer = honestPeer(peerState)
    const { reader } = lightClient(peer)
    const accounts = state.accounts.slice(0, 20)
    const found = await within(0, Promise.all([...accounts, ...accounts].map(({ key }) => reader.account(key))))
    expect(found).toEqual([...accounts, ...accounts].map(({ nonce }) => expect.objectContaining({ nonce })))
    expect(peer.asked).toHaveLength(1)
    expect(peer.asked[0]).toHaveLength(20)
  })

  test('behavior: headers by their hash, and a liar changes none', async () => {
    const header = Uint8Array.of(0xc2, 1, 2)
    const hash = nobleKeccak.digest(header).slice()
    const headers = new Map([[bytesToHex(hash), header]])
    const liar = corruptPeer({ ...peerState, headers })
    const { fetcher } = lightClient(liar, honestPeer({ ...peerState, headers }))
    expect(await within(0, fetcher.header(hash))).toEqual(header)
    expect(kinds(liar)).toEqual(['lie'])
  })

  test('behavior: what was fetched is not fetched again', async () => {
    const peer = honestPeer(peerState)
    const { reader } = lightClient(peer)
    const [{ key }] = state.accounts as [RandomState['accounts'][number]]
    await within(0, reader.account(key))
    await within(0, reader.account(key))
    expect(peer.asked).toHaveLength(1)
  })

  test('behavior: answers that have a part of what was asked for are used, and the rest is asked for', async () => {
    const peer = cappedPeer(peerState)
    const { reader } = lightClient(peer)
    const accounts = state.accounts.slice(0, 5)
    const found = await within(0, Promise.all(accounts.map(({ key }) => reader.account(key))))
    expect(found).toEqual(accounts.map(({ nonce }) => expect.objectContaining({ nonce })))
  })

  test('behavior: a liar beside an honest peer changes no answer, and is told of', async () => {
    for (const { key, nonce } of state.accounts.slice(0, 20)) {
      const liar = corruptPeer(peerState)
      const { reader } = lightClient(liar, honestPeer(peerState))
      expect(await within(0, reader.account(key))).toMatchObject({ nonce })
      expect(kinds(liar)).toEqual(['lie'])
    }
  })

  test('behavior: a peer that is late is not waited for alone', async () => {
    const [{ key, nonce }] = state.accounts as [RandomState['accounts'][number]]
    const { reader } = lightClient(silentPeer(peerState), honestPeer(peerState))
    expect(await within(600, reader.account(key))).toMatchObject({ nonce })
  })

  test('behavior: a peer that has nothing is no reason to give up', async () => {
    const [{ key, nonce }] = state.accounts as [RandomState['accounts'][number]]
    const empty = emptyPeer(peerState)
    const { reader } = lightClient(empty, honestPeer(peerState))
    expect(await within(0, reader.account(key))).toMatchObject({ nonce })
    expect(kinds(empty)).toEqual(['empty'])
  })

  test('behavior: a peer that comes later is asked, also while others are silent', async () => {
    const [{ key, nonce }] = state.accounts as [RandomState['accounts'][number]]
    mayCome = true
    const { reader, peers } = lightClient()
    const read = reader.account(key)
    await clock.pass(5_000)
    peers.join(silentPeer(peerState))
    await clock.pass(900)
    peers.join(honestPeer(peerState))
    expect(await within(100, read)).toMatchObject({ nonce })
  })

  test.each<[string, () => TestPeer | null, number, string]>([
    ['a liar', () => corruptPeer(peerState), 0, 'noPeers'],
    ['nobody', () => null, 3_000, 'noPeers'],
    ['a peer that has nothing', () => emptyPeer(peerState), 0, 'unavailable'],
    ['a silent peer', () => silentPeer(peerState), 5_000, 'noPeers'],
    ['a peer that says it does not have the root', () => without(peerState), 0, 'unavailable'],
  ])('error: with %s alone, in bounded time', async (_, vice, ms, reason) => {
    const peer = vice()
    const { reader } = lightClient(...(peer === null ? [] : [peer]))
    const read = reader.slot(contracts()[0]!.key, contracts()[0]!.slots![0]![0])
    expect(await within(ms, read)).toMatchObject({ code: 'notSynced', details: { reason } })
  })

  test('error: at once where there is nobody to look for', async () => {
    canCome = false
    const { reader } = lightClient()
    const read = reader.slot(contracts()[0]!.key, contracts()[0]!.slots![0]![0])
    expect(await within(0, read)).toMatchObject({ code: 'notSynced', details: { reason: 'noPeers' } })
  })

  test('error: while somebody may still come, it waits, but not for ever', async () => {
    mayCome = true
    const { reader } = lightClient()
    const read = reader.account(state.accounts[0]!.key)
    expect(await within(READ_TIMEOUT_MS + 1_000, read)).toMatchObject({ details: { reason: 'timeout' } })
  })

  test('error: a read is given up exactly when its time is over, also while a peer is being asked', async () => {
    mayCome = true
    const { reader, peers } = lightClient()
    const read = reader.account(state.accounts[0]!.key)
    // Just before the end a peer joins whose timeout is as long as a whole read.
    await clock.pass(READ_TIMEOUT_MS - 500)
    const slow = silentPeer(peerState)
    slow.timeoutMs = () => READ_TIMEOUT_MS
    peers.join(slow)
    await clock.pass(499)
    expect(await Promise.race([read.catch(() => 'settled'), settle().then(() => 'open')])).toBe('open')
    expect(await within(1, read)).toMatchObject({
      code: 'notSynced',
      details: { reason: 'timeout', peers: [{ id: 'silent', reason: 'timeout' }] },
    })
  })

  test('behavior: a peer with a bad score is asked only for what no other has, however quick', async () => {
    const [{ key, nonce }] = state.accounts as [RandomState['accounts'][number]]
    const ask = async (good: TestPeer) => {
      const bad = Object.assign(honestPeer(peerState, 'bad'), { isUnreliable: true })
      const { reader } = lightClient(bad, Object.assign(good, { roundTripMs: 50 }))
      expect(await within(0, reader.account(key))).toMatchObject({ nonce })
      return kinds(bad)
    }
    expect(await ask(honestPeer(peerState, 'good'))).toEqual([])
    expect(await ask(emptyPeer(peerState))).toEqual(['useful'])
  })

  test('behavior: a machine that slept blames nobody, and the read goes on', async () => {
    const slow = honestPeer(peerState)
    let answer = (_: Uint8Array[]) => {}
    slow.getPaths = () => new Promise((resolve) => (answer = resolve))
    const other = honestPeer(peerState, 'other')
    other.roundTripMs = 50
    const { reader, peers } = lightClient(slow)
    const [{ key, nonce }] = state.accounts as [RandomState['accounts'][number]]
    const read = reader.account(key)
    await clock.pass(0)
    clock.oversleep(3_600_000)
    await settle()
    expect([kinds(slow), [...peers.connected()].length]).toEqual([[], 1])
    // After the sleep the timers start again, and the peer answers in time.
    await clock.pass(400)
    const { root } = oracle
    answer(
      await other.getPaths(
        root,
        [{ path: ROOT_PATH, hash: root, key: pathOfKey(key) }],
        0,
        new AbortController().signal,
      ),
    )
    expect(await within(0, read)).toMatchObject({ nonce })
    expect(kinds(slow)).toEqual(['useful'])
  })

  test('behavior: peers are not blamed for the time without a network; the read ends all the same', async () => {
    const silent = silentPeer(peerState)
    const { reader } = lightClient(silent)
    const read = reader.account(state.accounts[0]!.key).catch((error) => error)
    await clock.pass(10)
    clock.isOnline = false
    await clock.pass(READ_TIMEOUT_MS)
    expect(await read).toMatchObject({ details: { reason: 'timeout' } })
    expect(kinds(silent)).toEqual([])
  })

  test('behavior: a peer that is lost in the middle of a read is waited for, as one that was not met yet', async () => {
    const [{ key, nonce }] = state.accounts as [RandomState['accounts'][number]]
    const peer = silentPeer(peerState)
    peer.timeoutMs = () => READ_TIMEOUT_MS
    const { reader, peers } = lightClient(peer)
    const read = reader.account(key)
    await clock.pass(LOST_PEER_GRACE_MS + 1_000)
    peer.leave()
    await clock.pass(LOST_PEER_GRACE_MS - 500)
    peers.join(honestPeer(peerState))
    expect(await within(0, read)).toMatchObject({ nonce })
  })

  test('error: it says what became of each peer, and of what it could not read in words', async () => {
    const peers = [corruptPeer(peerState), emptyPeer(peerState), silentPeer(peerState), without(peerState)]
    const { reader } = lightClient(...peers, quittingPeer(peerState, 1))
    const key = state.accounts[0]!.key
    const error = (await within(READ_TIMEOUT_MS, reader.account(key))) as ReadError
    const told = error.details['peers'] as { id: string; reason: string }[]
    expect(Object.fromEntries(told.map(({ id, reason }) => [id, reason]))).toEqual({
      corrupt: 'lie',
      empty: 'empty',
      silent: 'timeout',
      honest: 'empty',
      quitting: 'gone',
    })
    expect(error.message).toBe(
      `the account with hashed key 0x${bytesToHex(key)} in the state 0x${bytesToHex(oracle.root)} is not on disk, ` +
        'and could not be fetched: none of the connected peers has it',
    )
  })

  test('error: where nobody can be dialed because a part could not be loaded, it says so', async () => {
    loadFailure = new LoadError('loadFailed', 'no such file', { details: { part: 'libp2p' } })
    const { reader } = lightClient()
    expect(await within(LOST_PEER_GRACE_MS, reader.account(state.accounts[0]!.key))).toMatchObject({
      code: 'notSynced',
      details: { reason: 'loadFailed' },
      cause: { details: { part: 'libp2p' } },
    })
  })

  test('error: stopped, it rejects what waits and what comes', async () => {
    const { reader, fetcher } = lightClient(silentPeer(peerState))
    const [first, second] = state.accounts as [RandomState['accounts'][number], RandomState['accounts'][number]]
    const read = reader.account(first.key)
    await clock.pass(0)
    fetcher.stop(new ReadError('closed', 'closed'))
    expect(await within(0, read)).toMatchObject({ code: 'closed' })
    expect(await within(0, reader.account(second.key))).toMatchObject({ code: 'closed' })
    expect(fetcher.isBusy).toBe(false)
    expect(clock.pending).toEqual([])
  })
})

function without(peer: PeerState): TestPeer {
  const ignorant = honestPeer(peer)
  ignorant.has = false
  return ignorant
}
