/**
 * Bounds the memory of a call, as far as gas does not: what its open frames were called with, and what the EVM keeps for their
 * code. Logs are dropped: nothing asks a call for them, and an outer frame would copy those of all inner ones.
 */
import type { EVM } from '@ethereumjs/evm'
import { MAX_FRAME_BYTES, TABLE_BYTES } from './constants.ts'
import { CallError } from './errors.ts'
import type { JournaledState } from './journaled-state.ts'

/** Has `evm` throw `callTooLarge` when its frames pass the bound. */
export function meterFrames({ events }: EVM, state: JournaledState): void {
  const open: number[] = []
  let held = 0
  // Listeners with one parameter are called without a wait.
  events.on('beforeMessage', (message) => {
    const { data, to } = message
    // A creation runs its data, and has no address of code: to ask for it would throw.
    const code = to === undefined ? data.length : state.codeLength(message.codeAddress)
    const bytes = data.length + code * TABLE_BYTES
    open.push(bytes)
    held += bytes
    if (held <= MAX_FRAME_BYTES) return
    const details = { bytes: held, limitBytes: MAX_FRAME_BYTES }
    throw new CallError('callTooLarge', `the call needs more than ${MAX_FRAME_BYTES} bytes of memory`, { details })
  })
  events.on('afterMessage', ({ execResult }) => {
    held -= open.pop() ?? 0
    execResult.logs = []
  })
}
