/**
 * Bounds the memory of a call not bounded by gas: the call data of open frames, and the EVM's tables for their code.
 * Logs are dropped: no call returns logs, and an outer frame would copy the logs of all inner frames.
 */
import type { EVM } from '@ethereumjs/evm'
import { MAX_FRAME_BYTES, TABLE_BYTES } from './constants.ts'
import { CallError } from './errors.ts'
import type { JournaledState } from './journaled-state.ts'

/** Makes `evm` throw `callTooLarge` when the open frames pass the bound. */
export function meterFrames({ events }: EVM, state: JournaledState): void {
  const open: number[] = []
  let held = 0
  // The EVM does not wait for listeners with a single parameter.
  events.on('beforeMessage', (message) => {
    const { data, to } = message
    // A creation runs its data and has no code address: reading `codeAddress` would throw.
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
