/** Reads the options of the client's methods, once, and checks each. */
import { checkRoot } from './wallet/input.ts'
import { badArgument, checkSignal, checkType, fieldsOf, reading } from './wallet/plain.ts'
import type { ProviderOptions } from './wallet/provider/types.ts'
import type { ReadAt } from './worker/engine.ts'

/** Returns the options of a read. Throws `badArgument` or `badRootText`. */
export function parseRead(options: unknown): { at: ReadAt | undefined; signal: AbortSignal | undefined } {
  const { at, signal } = fieldsOf('the options of a read', options, ['at', 'signal'])
  if (at !== undefined && at !== 'complete' && at !== 'target') checkRoot(at)
  return { at: at as ReadAt | undefined, signal: parseSignal(signal) }
}

/** Returns a signal of any realm and any implementation. Throws `badArgument`. */
export function parseSignal(signal: unknown): AbortSignal | undefined {
  return checkSignal('signal', signal)
}

/** Returns the options of a provider. Throws `badArgument`. */
export function parseProviderOptions(options: unknown): ProviderOptions {
  const names = ['fallback', 'evm', 'hardfork', 'otherBlocks'] as const
  const given = fieldsOf('the options of a provider', options, names)
  const { fallback, evm, hardfork, otherBlocks } = given
  if (fallback !== undefined) checkFallback(fallback)
  // The promise of an `import()` is refused: such a module is loaded before the first call.
  if (evm !== undefined && typeof evm !== 'function') {
    throw badArgument('evm', "a function: () => import('rootlight/evm')", evm)
  }
  if (hardfork !== undefined) checkType('hardfork', 'string', hardfork)
  if (otherBlocks !== undefined && otherBlocks !== 'refuse' && otherBlocks !== 'fallback') {
    throw badArgument('otherBlocks', '"refuse" or "fallback"', otherBlocks)
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as ProviderOptions
}

function checkFallback(fallback: unknown): void {
  const expected = 'an EIP-1193 provider: an object with a `request` function, such as window.ethereum'
  const request = reading('fallback', expected, fallback, () => (fallback as { request?: unknown } | null)?.request)
  if (typeof request !== 'function') throw badArgument('fallback', expected, fallback)
}
