import { describe, expect, test } from 'vitest'
import { seededRandom } from '../random.ts'
import { ProcessClock } from './process-clock.ts'
import { VirtualClock } from './virtual-clock.ts'

function fireAll(clock: VirtualClock): void {
  while (clock.fireNext());
}

describe('ProcessClock', () => {
  test('behavior: after its death no timer of it fires, and those of others do', () => {
    const clock = new VirtualClock()
    const process = new ProcessClock(clock, seededRandom(1))
    let others = 0
    process.after(5, () => expect.unreachable())
    clock.after(6, () => others++)
    process.die()
    fireAll(clock)
    expect(others).toBe(1)
  })

  test('behavior: while it sleeps nothing runs; then all of it, late, timers in their order and messages in theirs', () => {
    const histories = new Set<string>()
    for (let seed = 1; seed <= 20; seed++) {
      const clock = new VirtualClock()
      const process = new ProcessClock(clock, seededRandom(seed))
      const ran: string[] = []
      const note = (what: string) => () => ran.push(`${what} at ${process.now()}`)
      process.after(5, note('timer 1'))
      process.after(6, note('timer 2'))
      process.after(7, note('prevented'))()
      clock.after(3, () => process.run(note('message 1')))
      clock.after(8, () => process.run(note('message 2')))
      clock.after(1, () => process.spend(99))
      fireAll(clock)
      expect(ran.filter((what) => what.startsWith('t'))).toEqual(['timer 1 at 100', 'timer 2 at 100'])
      expect(ran.filter((what) => what.startsWith('m'))).toEqual(['message 1 at 100', 'message 2 at 100'])
      expect(ran).toHaveLength(4)
      histories.add(ran.join())
    }
    expect(histories.size).toBeGreaterThan(1)
  })

  test('behavior: work takes time, and who yields goes on when it is over', async () => {
    const clock = new VirtualClock()
    const process = new ProcessClock(clock, seededRandom(1))
    const ran: [string, number][] = []
    process.after(1, () => {
      process.spend(10)
      ran.push(['worked', process.now()])
      void process.yieldThread().then(() => ran.push(['went on', process.now()]))
    })
    fireAll(clock)
    await Promise.resolve()
    expect(ran).toEqual([
      ['worked', 11],
      ['went on', 11],
    ])
  })

  test('behavior: a thread that is free runs at once', () => {
    const process = new ProcessClock(new VirtualClock(), seededRandom(1))
    let ran = 0
    process.run(() => ran++)
    expect(ran).toBe(1)
    expect(process.isAway).toBe(false)
  })
})
