import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { yieldThread } from './yield-thread.ts'

const MODULE = fileURLToPath(new URL('./yield-thread.ts', import.meta.url))

test('behavior: a process waits for its yields, and for nothing behind them', async () => {
  const script = `import { yieldThread } from ${JSON.stringify(MODULE)}
    for (let i = 0; i < 3; i++) await yieldThread()
    await Promise.all([yieldThread(), yieldThread()])
    console.log('went on')`
  const args = ['--import', 'tsx', '--input-type=module', '--eval', script]
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 30_000 })
  expect(stdout).toBe('went on\n')
})

test('behavior: between two yields sockets and immediates have a turn, also in Node', async () => {
  let turns = 0
  let isDone = false
  const count = () => {
    turns++
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)
  for (let i = 0; i < 500; i++) await yieldThread()
  isDone = true
  expect(turns).toBeGreaterThan(400)
})
