import { describe, expect, test } from 'vitest'
import { SyncError } from '../../sync/errors.ts'
import { ReadError } from '../../wallet/errors.ts'
import { findHeader } from './find-header.ts'

const HASH = new Uint8Array(32)
const HEADER = Uint8Array.of(0xc0)
const missing = (reason: string) => new ReadError('notSynced', 'not here', { details: { reason } })

describe('findHeader', () => {
  test('default: tries until somebody has it, and says why it waits', async () => {
    const answers = [missing('noPeers'), missing('unavailable'), HEADER]
    const stalls: string[] = []
    const find = async () => {
      const answer = answers.shift()!
      if (answer instanceof ReadError) throw answer
      return answer
    }
    const found = await findHeader(HASH, { find, onStalled: (reason) => stalls.push(reason), pause: async () => {} })
    expect(found).toBe(HEADER)
    expect(stalls).toEqual(['noPeers', 'rootUnavailable'])
  })

  test('error: what ends the pause ends it, and so does any other error', async () => {
    const cancelled = new SyncError('cancelled', 'cancelled')
    const parts = { onStalled: () => {}, pause: () => Promise.reject(cancelled) }
    await expect(findHeader(HASH, { ...parts, find: () => Promise.reject(missing('noPeers')) })).rejects.toBe(cancelled)
    const closed = new ReadError('closed', 'closed')
    await expect(findHeader(HASH, { ...parts, find: () => Promise.reject(closed) })).rejects.toBe(closed)
  })
})
