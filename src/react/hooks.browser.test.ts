import { act, createElement, StrictMode } from 'react'
import { createRoot, type Root } from 'react-dom/client'
import { renderToString } from 'react-dom/server'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { LightClient } from '../client.ts'
import { SyncError } from '../sync/errors.ts'
import type { SyncProgress } from '../sync/progress.ts'
import { Sync } from '../sync-handle.ts'
import type { SyncTarget } from '../worker/engine.ts'
import { type ReadState, type SyncState, useAccount, useStorage, useSync } from './index.ts'

const A = `0x${'a'.repeat(40)}`
const B = `0x${'b'.repeat(40)}`
const ROOT = `0x${'1'.repeat(64)}`
const OTHER_ROOT = `0x${'2'.repeat(64)}`
const progressOf = (phase: string, root = ROOT, reason: string | null = null) =>
  ({ phase, root, reason, nodes: 1 }) as unknown as SyncProgress

/** The part of a client used by hooks. The test plays the engine. */
class ScriptedClient extends EventTarget {
  progress: SyncProgress | null = null
  readonly syncs: {
    target: SyncTarget
    sync: Sync
    resolve: (progress: SyncProgress) => void
    isLeft: boolean
  }[] = []
  readonly reads: {
    what: string
    signal: AbortSignal
    resolve: (value: unknown) => void
    reject: (error: unknown) => void
  }[] = []

  sync(target: SyncTarget): Sync {
    if (target.root === 'bad') throw new SyncError('badRoot', 'bad')
    let resolve: (progress: SyncProgress) => void = () => {}
    let reject: (error: unknown) => void = () => {}
    const done = new Promise<SyncProgress>((yes, no) => {
      resolve = yes
      reject = no
    })
    // Only the application or another tab cancels: other components may still want the sync of a hook.
    const cancel = async () => reject(new SyncError('cancelled', 'cancelled'))
    const leave = async () => {
      entry.isLeft = true
      reject(new SyncError('cancelled', 'left'))
    }
    const entry = { target, sync: new Sync(done, { cancel, leave, resume: async () => {} }), resolve, isLeft: false }
    this.syncs.push(entry)
    return entry.sync
  }

  getAccount(address: string, { signal }: { signal: AbortSignal }): Promise<unknown> {
    return new Promise((resolve, reject) => this.reads.push({ what: address, signal, resolve, reject }))
  }

  getStorageAt(address: string, slot: unknown, { signal }: { signal: AbortSignal }): Promise<unknown> {
    return new Promise((resolve, reject) => this.reads.push({ what: `${address} ${slot}`, signal, resolve, reject }))
  }

  tell(progress: SyncProgress): void {
    this.progress = progress
    this.dispatchEvent(new CustomEvent('progress', { detail: progress }))
  }
}

let scripted: ScriptedClient
let client: LightClient
let root: Root | null

beforeEach(() => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
  scripted = new ScriptedClient()
  client = scripted as unknown as LightClient
  root = null
})

afterEach(() => act(async () => root?.unmount()))

/** Renders a component calling `use`, in StrictMode, and returns the last value of `use`. */
async function render<P extends object, T>(use: (props: P) => T, props: P) {
  let last: T
  const Component = (props: P) => {
    last = use(props)
    return null
  }
  root ??= createRoot(document.createElement('div'))
  const show = (props: P) =>
    act(async () => root!.render(createElement(StrictMode, null, createElement(Component, props))))
  await show(props)
  return { show, last: () => last! }
}

/** Runs the work postponed to timers. */
const later = () => act(() => new Promise((resolve) => setTimeout(resolve, 5)))

describe('useSync', () => {
  const use = ({ target }: { target: SyncTarget | null }): SyncState => useSync(client, target)

  test('default: begins one sync, also where React mounts twice, and tells what it does', async () => {
    const { last, show } = await render(use, { target: { root: ROOT } })
    await later()
    expect(scripted.syncs).toHaveLength(1)
    expect(scripted.syncs[0]!.isLeft).toBe(false)
    expect(last()).toMatchObject({ phase: 'connecting', progress: null })
    const { sync, resolve } = scripted.syncs[0]!
    await act(async () => sync.receive(progressOf('syncing'), new Float32Array(4096)))
    expect(last()).toMatchObject({ phase: 'syncing', progress: { nodes: 1 } })
    await act(async () => sync.receive(progressOf('stalled', ROOT, 'noPeers'), new Float32Array(4096)))
    expect(last()).toMatchObject({ phase: 'stalled', stalled: 'noPeers' })
    await show({ target: { root: ROOT } }) // another object of the same content
    await act(async () => resolve(progressOf('complete')))
    expect(last()).toMatchObject({ phase: 'complete', stalled: null })
    expect(scripted.syncs).toHaveLength(1)
  })

  test('behavior: another target supersedes it; one that nobody asks for any more is left', async () => {
    const { show, last } = await render(use, { target: { root: ROOT } as SyncTarget | null })
    await show({ target: { root: ROOT, accounts: [A, B] } })
    await show({ target: { accounts: [B, A], root: ROOT } }) // the same, in another order
    await later()
    expect(scripted.syncs.map(({ target }) => target)).toEqual([{ root: ROOT }, { root: ROOT, accounts: [A, B] }])
    expect(scripted.syncs.map(({ isLeft }) => isLeft)).toEqual([true, false])
    await show({ target: null })
    await later()
    expect(scripted.syncs[1]!.isLeft).toBe(true)
    expect(last()).toMatchObject({ phase: 'idle' })
  })

  test('behavior: components that want the same have one between them', async () => {
    const both = ({ target }: { target: SyncTarget }) => [useSync(client, target), useSync(client, { ...target })]
    const { last } = await render(both, { target: { root: ROOT } })
    expect(scripted.syncs).toHaveLength(1)
    await act(async () => scripted.syncs[0]!.sync.receive(progressOf('syncing'), new Float32Array(4096)))
    expect(last().map(({ phase }) => phase)).toEqual(['syncing', 'syncing'])
  })

  test('behavior: it goes on while one of them is left, and begins again for who comes when all have gone', async () => {
    const [one, other] = [createRoot(document.createElement('div')), createRoot(document.createElement('div'))]
    const Component = () => createElement('p', null, useSync(client, { root: ROOT }).phase)
    const mount = (root: Root) =>
      act(async () => root.render(createElement(StrictMode, null, createElement(Component))))
    await mount(one)
    await mount(other)
    await act(async () => one.unmount())
    await later()
    expect(scripted.syncs.map(({ isLeft }) => isLeft)).toEqual([false])
    await act(async () => scripted.syncs[0]!.resolve(progressOf('complete')))
    await act(async () => other.unmount())
    await later()
    root = createRoot(document.createElement('div'))
    await mount(root)
    expect(scripted.syncs).toHaveLength(2)
  })

  test('behavior: a render that React gives up begins nothing, and takes no sync from those that are there', async () => {
    const both = ({ isSecond }: { isSecond: boolean }) => [
      use({ target: { root: ROOT } }),
      useSync(client, isSecond ? { root: ROOT } : null),
    ]
    const { show } = await render(both, { isSecond: false })
    renderToString(createElement(() => createElement('p', null, useSync(client, { root: OTHER_ROOT }).phase)))
    await show({ isSecond: true })
    expect(scripted.syncs.map(({ target }) => target)).toEqual([{ root: ROOT }])
  })

  test('error: why it has failed, and a target that is none', async () => {
    const { last, show } = await render(use, { target: { root: ROOT } })
    await act(() => scripted.syncs[0]!.sync.cancel())
    expect(last()).toMatchObject({ phase: 'failed', error: { code: 'cancelled' } })
    await show({ target: { root: 'bad' } })
    expect(last()).toMatchObject({ phase: 'failed', error: { code: 'badRoot' } })
  })
})

describe('useAccount', () => {
  const use = ({ address, of = client }: { address: string | null; of?: LightClient | null }): ReadState<unknown> =>
    useAccount(of, address)
  const latest = () => scripted.reads.at(-1)!

  test('default: loads, then has the value and its root', async () => {
    const { last } = await render(use, { address: A })
    expect(last()).toMatchObject({ isLoading: true, value: undefined })
    await act(async () => latest().resolve({ value: { nonce: 1n }, root: ROOT }))
    expect(last()).toEqual({ isLoading: false, value: { nonce: 1n }, root: ROOT, error: null })
  })

  test('behavior: another address is never shown with the answer of the one before', async () => {
    const { last, show } = await render(use, { address: A })
    const first = latest()
    await show({ address: B })
    expect(first.signal.aborted).toBe(true)
    await act(async () => latest().resolve({ value: 'of b', root: ROOT }))
    await act(async () => first.resolve({ value: 'of a', root: ROOT }))
    expect(last()).toMatchObject({ value: 'of b' })
    await show({ address: A })
    expect(last()).toMatchObject({ isLoading: true, value: undefined })
  })

  test('behavior: another client is never shown with the answer of the one before', async () => {
    const { last, show } = await render(use, { address: A, of: client })
    await act(async () => latest().resolve({ value: 'of the first', root: ROOT }))
    const second = new ScriptedClient() as unknown as LightClient
    await show({ address: A, of: second })
    expect(last()).toMatchObject({ isLoading: true, value: undefined })
  })

  test('behavior: is read again when the root moves, and shows the old value meanwhile', async () => {
    scripted.progress = progressOf('syncing')
    const { last } = await render(use, { address: A })
    await act(async () => latest().resolve({ value: 1, root: ROOT }))
    const before = scripted.reads.length
    await act(async () => scripted.tell(progressOf('syncing')))
    expect(scripted.reads).toHaveLength(before)
    await act(async () => scripted.tell(progressOf('complete')))
    expect(scripted.reads).toHaveLength(before + 1)
    expect(last()).toMatchObject({ value: 1, isLoading: false })
    await act(async () => latest().resolve({ value: 2, root: ROOT }))
    expect(last()).toMatchObject({ value: 2 })
    await act(async () => scripted.tell(progressOf('connecting', OTHER_ROOT)))
    expect(scripted.reads).toHaveLength(before + 2)
  })

  test('behavior: what could not be read before there was a root is read when there is one', async () => {
    const { last } = await render(use, { address: A })
    await act(async () => latest().reject(new SyncError('closed', 'closed')))
    await act(async () => scripted.tell(progressOf('connecting')))
    await act(async () => latest().resolve({ value: 1, root: ROOT }))
    expect(last()).toEqual({ isLoading: false, value: 1, root: ROOT, error: null })
  })

  test('behavior: nothing is read for nobody, and what is read is aborted with its component', async () => {
    const { show } = await render(use, { address: null as string | null })
    expect(scripted.reads).toHaveLength(0)
    await show({ address: A })
    await act(async () => root!.unmount())
    root = null
    expect(scripted.reads.every(({ signal }) => signal.aborted)).toBe(true)
  })

  test('error: is told, with what was asked for', async () => {
    const { last } = await render(use, { address: A })
    await act(async () => latest().reject(new SyncError('closed', 'closed')))
    expect(last()).toMatchObject({ isLoading: false, value: undefined, error: { code: 'closed' } })
  })
})

describe('useStorage', () => {
  test('default: a slot, by its number', async () => {
    const { last, show } = await render(({ slot }: { slot: bigint }) => useStorage(client, A, slot), { slot: 1n })
    await act(async () => scripted.reads.at(-1)!.resolve({ value: '0x05', root: ROOT }))
    expect(last()).toMatchObject({ value: '0x05', root: ROOT })
    await show({ slot: 2n })
    expect(scripted.reads.at(-1)!.what).toBe(`${A} 2`)
  })
})

describe('on a server', () => {
  test('behavior: they render what there is before anything is known', () => {
    const Component = () => {
      const { phase } = useSync(null, null)
      const { isLoading } = useAccount(null, A)
      return createElement('p', null, `${phase} ${isLoading}`)
    }
    expect(renderToString(createElement(Component))).toBe('<p>idle true</p>')
    expect(scripted.reads).toEqual([])
  })
})
