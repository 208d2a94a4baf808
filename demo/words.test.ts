import { describe, expect, test } from 'vitest'
import { RootlightError } from '../src/index.ts'
import { NOTHING_YET } from './progress-view.ts'
import { errorText, fullText, lostText, persistText, phaseText } from './words.ts'

const full = (details: { usage: number | null; quota: number | null }) =>
  new RootlightError('quotaExceeded', 'full', { details })

describe('fullText', () => {
  test('default: says how much is in use of how much', () => {
    const { text, code } = fullText(full({ usage: 48_200_000, quota: 50_000_000 }))
    expect(text).toContain('48.2 MB of 50.0 MB')
    expect(code).toBe('quotaExceeded')
  })

  test('behavior: a browser that gives no numbers leaves them out', () => {
    expect(fullText(full({ usage: null, quota: null })).text).toMatch(/^The browser grants this site no more room\. /)
  })
})

describe('errorText', () => {
  test('behavior: a database that was evicted is told from a disk that failed', () => {
    const evicted = new RootlightError('storeFailed', 'closed', { details: { reason: 'evicted' } })
    expect(errorText(evicted)).toMatchObject({ text: lostText('evicted'), code: 'storeFailed' })
    expect(errorText(new RootlightError('storeFailed', 'failed')).text).toMatch(/^The disk failed/)
  })
})

describe('persistText', () => {
  test('default: the answer in words', () => {
    expect(persistText(true)).toMatch(/keeps it/)
    expect(persistText(false)).toMatch(/does not promise/)
  })
})

describe('phaseText', () => {
  test('behavior: paused by a full disk is told from stopped', () => {
    const paused = { ...NOTHING_YET, phase: 'paused' as const }
    expect(phaseText(paused, false, 'storageFull')).toMatch(/disk is full.*goes on by itself/)
    expect(phaseText(paused, false)).toMatch(/^Stopped/)
  })
})
