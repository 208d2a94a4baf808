/**
 * Tests that the loader reads the official pairs whole. The answers themselves are tested beside the code giving them.
 */
import { describe, expect, test } from 'vitest'
import { readVectorChain } from './chain.ts'
import { parseExchanges } from './parse-exchanges.ts'
import { vectorSource } from './vector-source.ts'
import { NO_VECTORS, readVectorFile, VECTORS, vectorsOf } from './vectors.ts'

describe('parseExchanges', () => {
  test('default: pairs in order, with their comments', () => {
    const text =
      '// one\n// two\n>> {"method":"a","params":[]}\n<< {"result":1}\n>> {"method":"b"}\n<< {"error":{"code":3}}\n'
    expect(parseExchanges(text)).toEqual([
      { title: 'one\ntwo', request: { method: 'a', params: [] }, response: { result: 1 }, isSpecOnly: false },
      { title: 'one\ntwo', request: { method: 'b' }, response: { error: { code: 3 } }, isSpecOnly: false },
    ])
    const [exchange] = parseExchanges(`// a\n// speconly: only its form\n${text}`)
    expect(exchange).toMatchObject({ title: 'a\none\ntwo', isSpecOnly: true })
  })

  test.each(['>> {}', '<< {}', '>> {}\n>> {}', 'anything'])('error: %j is no such file', (text) => {
    expect(() => parseExchanges(text)).toThrow()
  })
})

describe.skipIf(VECTORS === null)(VECTORS === null ? NO_VECTORS : 'readVectorChain', () => {
  test('default: each block names the one before it, and the head is the one that was chosen', () => {
    const { blocks, head } = readVectorChain()
    expect(blocks.length).toBeGreaterThan(40)
    for (const [i, { header }] of blocks.entries()) {
      expect(header.number).toBe(i + 1)
      if (i > 0) expect(header.parentHash).toBe(blocks[i - 1]!.header.hash)
    }
    const { params } = JSON.parse(Buffer.from(readVectorFile('headfcu.json')).toString())
    expect(params[0].headBlockHash).toBe(head.header.hash)
  })

  test('behavior: its state is read with proofs', async () => {
    const chain = readVectorChain()
    const source = vectorSource(chain)
    const at = chain.head.header.stateRoot as `0x${string}`
    const { value } = await source.getAccount('0x00000961ef480eb55e80d19ad83579a64c007002', { at })
    expect(value).toMatchObject({ balance: 1000000001n })
    expect(vectorsOf('eth_call').length).toBeGreaterThan(0)
    expect(vectorsOf('eth_nothing')).toEqual([])
  })
})
