import { expect, test } from 'vitest'
import { EngineEvents } from './engine-events.ts'
import type { EngineEvent } from './worker/engine.ts'

const events: readonly EngineEvent[] = [
  { kind: 'role', role: 'follower' },
  { kind: 'role', role: 'writer' },
  { kind: 'storeClosed', reason: 'evicted' },
]

function listening() {
  const engine = new EngineEvents()
  const heard: unknown[] = []
  const listen = () => engine.target.addEventListener('engine', (event) => heard.push((event as CustomEvent).detail))
  return { engine, heard, listen }
}

test('behavior: what is told before somebody listens is heard afterwards, in order and once', () => {
  const { engine, heard, listen } = listening()
  engine.emit(events[0]!)
  engine.emit(events[1]!)
  listen()
  expect(heard).toEqual([])
  engine.flow()
  engine.emit(events[2]!)
  engine.flow()
  expect(heard).toEqual(events)
})

test('behavior: what a listener causes while it hears early events comes behind them', () => {
  const { engine, heard, listen } = listening()
  engine.emit(events[0]!)
  engine.emit(events[1]!)
  engine.target.addEventListener('engine', () => engine.emit(events[2]!), { once: true })
  listen()
  engine.flow()
  expect(heard).toEqual(events)
})
