/** Renders every hook with nonsense. The hook must return a coded error, or the render must throw one. */
import { act, Component, createElement, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createLightClient, type LightClient } from '../index.ts'
import { EMPTY as NO_FIELDS, NONSENSE, OMITTED } from '../testing/nonsense.ts'
import * as hooks from './index.ts'

const ADDRESS = `0x${'a'.repeat(40)}`
const EMPTY_ROOT = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'
/** The kinds of nonsense equal to options without a field. */
const EMPTY = ['a set', 'a map', 'a list', 'a list of nothing', ...NO_FIELDS]

let client: LightClient

beforeAll(async () => {
  Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })
  client = await createLightClient({ database: 'react-nonsense', chainId: 1, peers: [] })
  await client.sync({ root: EMPTY_ROOT }).done
})
beforeEach(() => {
  vi.spyOn(console, 'error').mockImplementation(() => {}) // React logs failed renders
})
afterAll(() => client.close())

/** Each hook with its arguments, and the kinds of nonsense valid for each argument. */
const PLACES: Readonly<
  Record<keyof typeof hooks, readonly (readonly [string, readonly string[], (it: never) => { error: unknown }])[]>
> = {
  useAccount: [
    ['client', ['nothing', 'null'], (it) => hooks.useAccount(it, ADDRESS)],
    ['address', ['null'], (it) => hooks.useAccount(client, it)],
    ['options', [...OMITTED, ...EMPTY], (it) => hooks.useAccount(client, ADDRESS, it)],
    ['at', OMITTED, (at) => hooks.useAccount(client, ADDRESS, { at })],
  ],
  useStorage: [
    ['client', ['nothing', 'null'], (it) => hooks.useStorage(it, ADDRESS, 1)],
    ['address', ['null'], (it) => hooks.useStorage(client, it, 1)],
    ['slot', [], (it) => hooks.useStorage(client, ADDRESS, it)],
    ['options', [...OMITTED, ...EMPTY], (it) => hooks.useStorage(client, ADDRESS, 1, it)],
    ['at', OMITTED, (at) => hooks.useStorage(client, ADDRESS, 1, { at })],
  ],
  useSync: [
    ['client', ['nothing', 'null'], (it) => hooks.useSync(it, { root: EMPTY_ROOT })],
    ['target', ['null'], (it) => hooks.useSync(client, it)],
    ['accounts', OMITTED, (accounts) => hooks.useSync(client, { root: EMPTY_ROOT, accounts })],
  ],
}

/** An error boundary reporting the error of a render. */
class Boundary extends Component<{ children?: ReactNode; onError: (error: unknown) => void }> {
  override state = { hasFailed: false }

  static getDerivedStateFromError() {
    return { hasFailed: true }
  }

  override componentDidCatch(error: unknown) {
    this.props.onError(error)
  }

  override render() {
    return this.state.hasFailed ? null : this.props.children
  }
}

async function errorOf(use: () => { error: unknown }): Promise<unknown> {
  let error: unknown = null
  let answered: unknown = null
  function Shown() {
    answered = use().error
    return null
  }
  const onError = (thrown: unknown) => {
    error = thrown
  }
  const root = createRoot(document.createElement('div'))
  await act(async () => root.render(createElement(Boundary, { onError }, createElement(Shown))))
  // A read from disk or a refusal takes a few tasks.
  for (let task = 0; task < 20 && error === null && answered === null; task++) {
    await act(() => new Promise((resolve) => setTimeout(resolve)))
  }
  await act(async () => root.unmount())
  return error ?? answered
}

describe('rootlight/react', () => {
  test('default: the table has every hook', () => {
    expect(Object.keys(PLACES).sort()).toEqual(Object.keys(hooks).sort())
  })

  for (const [name, places] of Object.entries(PLACES)) {
    for (const [what, fine, use] of places) {
      test(`error: ${name} with nonsense for ${what} is coded`, async () => {
        const wrong: string[] = []
        for (const [kind, make] of Object.entries(NONSENSE)) {
          const value = kind === 'a module' ? await make() : make()
          const error = await errorOf(() => use(value as never))
          const { name, code } = Object(error) as { name?: string; code?: string }
          const isCoded = name === 'RootlightError' && code?.startsWith('bad') === true
          if (!isCoded && !(fine.includes(kind) && error === null)) wrong.push(`${kind}: ${String(error)}`)
        }
        expect(wrong).toEqual([])
      })
    }
  }
})
