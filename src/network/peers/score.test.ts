import { describe, expect, test } from 'vitest'
import { MAX_SCORE, SCORE_HALF_LIFE_MS } from '../constants.ts'
import { Score } from './score.ts'

describe('Score', () => {
  test('default: adds up, and halves with time', () => {
    const score = new Score()
    score.add(5, 0)
    score.add(3, 0)
    expect(score.at(0)).toBe(8)
    expect(score.at(SCORE_HALF_LIFE_MS)).toBe(4)
    score.add(-4, SCORE_HALF_LIFE_MS)
    expect(score.at(SCORE_HALF_LIFE_MS)).toBe(0)
  })

  test('behavior: stays within its limits', () => {
    const score = new Score()
    for (let i = 0; i < 1000; i++) score.add(1, 0)
    expect(score.at(0)).toBe(MAX_SCORE)
    score.add(-10_000, 0)
    expect(score.at(0)).toBe(-MAX_SCORE)
  })
})
