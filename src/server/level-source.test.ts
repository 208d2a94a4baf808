import { describe, expect, test } from 'vitest'
import { buildState } from '../testing/build-state.ts'
import { encodeSlot } from '../trie/account.ts'
import { createFastKeccak } from '../trie/fast-keccak.ts'
import { bytesOf } from '../trie/integer.ts'
import type { Ref } from '../trie/node-source.ts'
import { KEY_NIBBLES, type Path, pathOfKey, ROOT_PATH } from '../trie/path.ts'
import type { BuiltNode } from '../trie/trie-builder.ts'
import { LevelSource } from './level-source.ts'
import { multiSource } from './multi-source.ts'
import { type AccountDescription, recordsOf } from './state-record.ts'
import { generateAccounts } from './synthetic.ts'
import { importInto } from './temporary.suite.ts'

const MANY = 2 ** 30
const keccak = await createFastKeccak()
const keccak256 = (message: Uint8Array) => keccak.digest(message)
const bytesToHex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const hexOfNodes = (nodes: readonly BuiltNode[]) => Buffer.concat(nodes.map((node) => node.blob)).toString('hex')

function hashedSlot(slot: bigint): Uint8Array {
  const word = new Uint8Array(32)
  const bytes = bytesOf(slot)
  word.set(bytes, 32 - bytes.length)
  return keccak256(word)
}

/** Builds the same state in memory, without the disk. */
function builtState(accounts: readonly AccountDescription[]) {
  const bySort = (a: { key: Uint8Array }, b: { key: Uint8Array }) => Buffer.compare(a.key, b.key)
  const leaves = accounts.map(({ address, nonce, balance, code, slots }) => ({
    key: keccak256(address),
    nonce,
    balance,
    ...(code === undefined ? {} : { codeHash: keccak256(code) }),
    slots: slots
      .map(([slot, value]) => [hashedSlot(slot), encodeSlot(value)] as const)
      .sort(([a], [b]) => Buffer.compare(a, b)),
  }))
  return buildState(leaves.sort(bySort), keccak)
}

const made = new Map<string, { accounts: AccountDescription[]; root: Uint8Array; nodes: readonly BuiltNode[] }>()

function stateOf(count: number, seed: number) {
  const id = `${count} ${seed}`
  const accounts = made.get(id)?.accounts ?? [...generateAccounts({ accounts: count, seed, keccak })]
  const state = made.get(id) ?? { accounts, ...builtState(accounts) }
  made.set(id, state)
  return state
}

async function open(count = 1500, seed = 11) {
  const state = stateOf(count, seed)
  const { database, info } = await importInto({ records: recordsOf(state.accounts) })
  return { ...state, source: await LevelSource.open(database, info), top: { path: ROOT_PATH, hash: state.root } as Ref }
}

describe('LevelSource', () => {
  test('default: the run of the root is the whole sequence', async () => {
    const { source, root, nodes, top } = await open()
    expect(source.root).toEqual(root)
    expect(source.info.nodes).toBe(nodes.length)
    expect(bytesToHex(await source.run(root, top, 0, MANY))).toBe(hexOfNodes(nodes))
  })

  test('behavior: runs, each from where the one before ended, are the sequence', async () => {
    const { source, root, nodes } = await open()
    let next = 0
    while (next < nodes.length) {
      const run = bytesToHex(await source.run(root, nodes[next]!, 0, 10_000))
      let end = next
      for (let length = 0; length < run.length; end++) length += 2 * nodes[end]!.blob.length
      expect(run).toBe(hexOfNodes(nodes.slice(next, end)))
      next = end
    }
  })

  test('behavior: the run of any node is its subtree, storage included', async () => {
    const { source, root, nodes } = await open()
    for (const node of nodes.filter((_, i) => i % 41 === 0)) {
      const subtree = nodes.filter(({ path }) => path.startsWith(node.path))
      expect(bytesToHex(await source.run(root, node, 0, MANY))).toBe(hexOfNodes(subtree))
    }
  })

  test('behavior: a run ends after the maximum of nodes, or with the node that reaches the budget', async () => {
    const { source, root, nodes, top } = await open()
    for (const maxNodes of [1, 2, 700]) {
      expect(bytesToHex(await source.run(root, top, maxNodes, MANY))).toBe(hexOfNodes(nodes.slice(0, maxNodes)))
    }
    const three = hexOfNodes(nodes.slice(0, 3)).length / 2
    expect(bytesToHex(await source.run(root, top, 0, three))).toBe(hexOfNodes(nodes.slice(0, 3)))
    expect(bytesToHex(await source.run(root, top, 0, three + 1))).toBe(hexOfNodes(nodes.slice(0, 4)))
    expect(bytesToHex(await source.run(root, top, 0, 1))).toBe(hexOfNodes(nodes.slice(0, 1)))
  })

  test('behavior: the path to an account is every node above its storage, from the ref on', async () => {
    const { source, root, nodes, top } = await open()
    for (const node of nodes.filter(({ path }) => path.length < KEY_NIBBLES).filter((_, i) => i % 31 === 0)) {
      const key = node.path.padEnd(KEY_NIBBLES, '7') as Path
      const way = nodes.filter(({ path }) => path.length < KEY_NIBBLES && key.startsWith(path))
      expect(bytesToHex(await source.path(root, top, key))).toBe(hexOfNodes(way))
      const lower = way.filter(({ path }) => path.length >= 2)
      if (lower.length > 0) expect(bytesToHex(await source.path(root, lower[0]!, key))).toBe(hexOfNodes(lower))
    }
  })

  test('behavior: the path to a slot goes through its account and ends where its absence shows', async () => {
    const { source, root, nodes, accounts, top } = await open()
    for (const { address, slots } of accounts.filter((account) => account.slots.length > 0)) {
      for (const slot of [slots[0]![0], slots.at(-1)![0], 10n ** 40n]) {
        const key = (pathOfKey(keccak256(address)) + pathOfKey(hashedSlot(slot))) as Path
        const way = nodes.filter(({ path }) => key.startsWith(path))
        expect(bytesToHex(await source.path(root, top, key))).toBe(hexOfNodes(way))
      }
    }
  })

  test('behavior: what is not there is answered with nothing', async () => {
    const { source, root, nodes, top } = await open(300)
    const wrong = keccak256(root)
    const missing = 'f'.repeat(KEY_NIBBLES) as Path
    expect([source.has(root), source.has(wrong)]).toEqual([true, false])
    const refs: Ref[] = [
      { path: ROOT_PATH, hash: wrong },
      { path: nodes[5]!.path, hash: wrong },
      { path: missing, hash: root },
      { path: `${nodes[5]!.path}0` as Path, hash: nodes[5]!.hash },
    ]
    for (const ref of refs) {
      expect(await source.run(root, ref, 0, MANY)).toHaveLength(0)
      expect(await source.path(root, ref, ref.path.padEnd(KEY_NIBBLES, '0') as Path)).toHaveLength(0)
    }
    expect(await source.run(wrong, top, 0, MANY)).toHaveLength(0)
    expect(await source.path(wrong, top, missing)).toHaveLength(0)
    expect(await source.code(wrong)).toBeUndefined()
  })

  test('behavior: codes are found by their hash', async () => {
    const { source, accounts } = await open(300)
    const { code } = accounts.find((account) => account.code !== undefined)!
    expect(Uint8Array.from((await source.code(keccak256(code!)))!)).toEqual(code)
  })

  test('behavior: a state without accounts has nothing', async () => {
    const { database, info } = await importInto({ records: [] })
    const source = await LevelSource.open(database, info)
    expect(await source.run(source.root, { path: ROOT_PATH, hash: source.root }, 0, MANY)).toHaveLength(0)
  })
})

describe('multiSource', () => {
  test('default: each root is answered by the source that has it', async () => {
    const states = [await open(100, 1), await open(100, 2)]
    const source = multiSource(states.map((state) => state.source))
    for (const { root, nodes, top, accounts } of states) {
      expect(source.has(root)).toBe(true)
      expect(bytesToHex(await source.run(root, top, 0, MANY))).toBe(hexOfNodes(nodes))
      expect(bytesToHex(await source.path(root, top, '0'.repeat(KEY_NIBBLES) as Path))).not.toBe('')
      const { code } = accounts.find((account) => account.code !== undefined)!
      expect(await source.code(keccak256(code!))).toBeDefined()
    }
  })

  test('behavior: an unknown root is answered with nothing', async () => {
    const { source, top } = await open(10)
    const many = multiSource([source])
    const unknown = keccak256(top.hash)
    expect(many.has(unknown)).toBe(false)
    expect(await many.run(unknown, top, 0, MANY)).toHaveLength(0)
    expect(await many.path(unknown, top, '0'.repeat(KEY_NIBBLES) as Path)).toHaveLength(0)
    expect(await many.code(unknown)).toBeUndefined()
  })
})
