/** Proofs for people: the proven values, the root, and the proving nodes from the root down. */
import { create } from './dom.ts'
import { formatBytes, formatCount } from './format.ts'
import { keyOf, type ProofStep, proofSteps } from './proof-steps.ts'

/** Nodes from a root down to the key of `preimage`, an address or a slot. */
export interface Proven {
  readonly what: string
  readonly preimage: string
  readonly nodes: readonly string[]
}

/** Returns the element of a proof. `block` is the number of the block with this root, or `null` if unknown. */
export function proofElement(root: string, block: number | null, proven: readonly Proven[]): HTMLElement {
  const section = create('div', 'proof')
  section.dataset['testid'] = 'proof'
  const against = create('p', 'hint', 'Verified against root ')
  const hash = create('span', 'hash', root)
  hash.dataset['testid'] = 'proof-root'
  against.append(hash, block === null ? '.' : `, block ${formatCount(block)}.`)
  section.append(against, ...proven.map(provenElement))
  return section
}

function provenElement({ what, preimage, nodes }: Proven): HTMLElement {
  const element = create('section', 'proven')
  const steps = proofSteps(preimage, nodes)
  const bytes = steps.reduce((sum, step) => sum + step.bytes, 0)
  const key = create('p', 'hint', `${countText(steps.length)}, ${formatBytes(bytes)}, on the way `)
  key.append(
    create('span', 'hash', keyOf(preimage)),
    ', which is keccak-256 of ',
    create('span', 'hash', preimage),
    '.',
  )
  const list = create('ol', 'nodes')
  list.append(...steps.map(stepElement))
  element.append(create('h3', '', what), key, list)
  return element
}

function countText(count: number): string {
  return count === 0 ? 'No storage at all' : count === 1 ? '1 node' : `${formatCount(count)} nodes`
}

function stepElement({ kind, hash, bytes, text, node }: ProofStep): HTMLElement {
  const item = create('li', '')
  const details = create('details', '')
  const summary = create('summary', '')
  summary.append(create('b', '', kind), ` ${text}`)
  const raw = create('p', 'hint')
  raw.append(`${formatBytes(bytes)}, keccak-256 `, create('span', 'hash', hash))
  const code = create('code', 'hash', node)
  details.append(summary, raw, code)
  item.append(details)
  return item
}
