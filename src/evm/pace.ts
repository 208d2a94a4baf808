/** Lets the page do other work while a call runs: the EVM by itself would hold its thread for as long as the gas lasts. */
import type { EVM } from '@ethereumjs/evm'
import { yieldThread } from '../runtime/yield-thread.ts'
import { SLICE_MS, STEPS_BETWEEN_LOOKS } from './constants.ts'

/** Has `evm` yield by the clock. Watching its steps makes it some four times slower, which only shows in calls that take long. */
export function pace(evm: EVM): void {
  let steps = 0
  let sliceStart = performance.now()
  evm.events.on('step', (_, goOn) => {
    if (++steps % STEPS_BETWEEN_LOOKS > 0 || performance.now() - sliceStart < SLICE_MS) goOn?.()
    else {
      void yieldThread().then(() => {
        sliceStart = performance.now()
        goOn?.()
      })
    }
  })
}
