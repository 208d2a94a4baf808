import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hexToBytes } from '@noble/hashes/utils.js'
import { describe, expect, test } from 'vitest'
import { KNOWN_HEADERS } from '../wallet/known-headers.suite.ts'
import { readHeader } from './read-header.ts'
import { temporaryDirectory } from './temporary.suite.ts'

const { rlp } = KNOWN_HEADERS[0]!
const file = async (text: string) => {
  const path = join(await temporaryDirectory(), 'header.txt')
  await writeFile(path, text)
  return path
}

describe('readHeader', () => {
  test('default: from hex, with or without 0x, or from a file that has it', async () => {
    for (const given of [rlp, `0x${rlp.toUpperCase()}`, await file(rlp), await file(`0x${rlp}\n`)]) {
      expect(await readHeader(given)).toEqual(hexToBytes(rlp))
    }
  })

  test.each<[string, () => string | Promise<string>, RegExp]>([
    ['nothing', () => '', /neither hex nor a file/],
    ['no file', () => 'headers/1.txt', /neither hex nor a file/],
    ['a file of something else', () => file('{}'), /not in hex/],
    ['half a byte', () => file(rlp.slice(1)), /not in hex/],
    ['a hash', () => 'ab'.repeat(32), /not a block header/],
    ['a header that is cut off', () => rlp.slice(0, -2), /not a block header: not canonical RLP/],
    ['more than a peer may have', () => 'c0'.repeat(16_385), /more than 16384 bytes/],
  ])('error: badHeader for %s', async (_, given, message) => {
    const error = await readHeader(await given()).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'badHeader', message: expect.stringMatching(message) })
    expect(error.message.length).toBeLessThan(200)
  })
})
