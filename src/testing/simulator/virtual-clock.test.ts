import { describe, expect, test } from 'vitest'
import { seededRandom } from '../random.ts'
import { VirtualClock } from './virtual-clock.ts'

function fireAll(clock: VirtualClock): void {
  while (clock.fireNext());
}

describe('VirtualClock', () => {
  test('default: fires a thousand timers in the order of their time, and those of one moment as they were set', () => {
    const clock = new VirtualClock()
    const random = seededRandom(1)
    const fired: [at: number, number: number][] = []
    for (let number = 0; number < 1000; number++) {
      const at = random.int(100)
      clock.after(at, () => fired.push([clock.now(), number]))
    }
    fireAll(clock)
    expect(fired).toHaveLength(1000)
    expect(fired).toEqual(fired.toSorted((a, b) => a[0] - b[0] || a[1] - b[1]))
  })

  test('behavior: a timer that was prevented does not fire, and does not move the time', () => {
    const clock = new VirtualClock()
    const prevent = clock.after(10, () => expect.unreachable())
    prevent()
    expect(clock.fireNext()).toBe(false)
    expect(clock.now()).toBe(0)
  })

  test('behavior: a timer may set others, due before those that were set earlier', () => {
    const clock = new VirtualClock()
    const fired: number[] = []
    clock.after(5, () => clock.after(1, () => fired.push(clock.now())))
    clock.after(10, () => fired.push(clock.now()))
    fireAll(clock)
    expect(fired).toEqual([6, 10])
  })
})
