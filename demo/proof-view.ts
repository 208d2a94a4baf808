/** A proof for people: what was proven, against what, and the nodes that prove it, from the root down. */
import type { Answer, ProofValue } from '../src/index.ts'
import { create } from './dom.ts'
import { formatBytes, formatCount } from './format.ts'

/** `blockNumber`: of the block with that root, if it is known. */
export function proofElement({ root, value }: Answer<ProofValue>, blockNumber: number | null): HTMLElement {
  const section = create('div', 'proof')
  section.dataset['testid'] = 'proof'
  const against = create('p', 'hint', 'Verified against root ')
  const hash = create('span', 'hash', root)
  hash.dataset['testid'] = 'proof-root'
  against.append(hash, blockNumber === null ? '.' : `, block ${formatCount(blockNumber)}.`)
  const bytes = value.accountProof.reduce((sum, node) => sum + sizeOf(node), 0)
  const count = create(
    'p',
    'hint',
    `${value.accountProof.length} nodes, ${formatBytes(bytes)}: each has the hash that the one above it names.`,
  )
  const list = create('ol', 'nodes')
  list.append(...value.accountProof.map((node) => nodeElement(node)))
  section.append(against, count, list)
  return section
}

function nodeElement(node: string): HTMLElement {
  const item = create('li', '')
  const details = create('details', '')
  details.append(create('summary', '', formatBytes(sizeOf(node))), create('code', 'hash', node))
  item.append(details)
  return item
}

function sizeOf(node: string): number {
  return (node.length - 2) / 2
}
