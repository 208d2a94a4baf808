import { describe, expect, test } from 'vitest'
import { ProgressBar } from './progress-bar.ts'

function barOn(isTTY: boolean) {
  const written: string[] = []
  let now = 0
  const bar = new ProgressBar({ isTTY, write: (text) => written.push(text) }, () => now)
  return { bar, written, at: (ms: number) => (now = ms) }
}

describe('ProgressBar', () => {
  test('default: draws after a second, and then no more often than needed', () => {
    const { bar, written, at } = barOn(true)
    bar.update('Working', 0.1)
    at(999)
    bar.update('Working', 0.2)
    expect(written).toEqual([])
    at(1000)
    bar.update('Working', 0.5)
    bar.update('Working', 0.6)
    at(1100)
    bar.update('Reading')
    expect(written).toEqual([`\r\x1b[KWorking ${'█'.repeat(15)}${'░'.repeat(15)} 50 %`, '\r\x1b[KReading'])
    bar.clear()
    bar.clear()
    expect(written.slice(2)).toEqual(['\r\x1b[K'])
  })

  test('behavior: writes nothing where there is no terminal', () => {
    const { bar, written, at } = barOn(false)
    at(5000)
    bar.update('Working', 0.5)
    bar.clear()
    expect(written).toEqual([])
  })
})
