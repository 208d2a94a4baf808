/** The options of the client's methods, each read once and checked. */
import { checkRoot } from './wallet/input.ts'
import { badArgument, checkSignal, checkType, fieldsOf, reading } from './wallet/plain.ts'
import type { ProviderOptions } from './wallet/provider/types.ts'
import type { ReadAt, VerifyProgress } from './worker/engine.ts'

/** The options of a read. */
export interface ReadOptions {
  /**
   * The root to read from: the last complete root (the default, once there is one), the syncing root, or any trusted
   * root as `0x` and 64 hex digits. A trusted root needs no sync.
   */
  readonly at?: ReadAt
  readonly signal?: AbortSignal
}

/** The options of `LightClient.verify`. */
export interface VerifyOptions {
  readonly signal?: AbortSignal
  /** Called a few times a second, and at the end. */
  readonly onProgress?: (progress: VerifyProgress) => void
}

/** The options of `LightClient.import`. */
export interface ImportOptions {
  /** The required root of the file, `0x` and 64 hex digits. Left out: any root. */
  readonly root?: string
  readonly signal?: AbortSignal
}

/** Returns the options of a read. Throws `badArgument` or `badRootText`. */
export function parseRead(options: unknown): { at: ReadAt | undefined; signal: AbortSignal | undefined } {
  const { at, signal } = fieldsOf('the options of a read', options, ['at', 'signal'])
  if (at !== undefined && at !== 'complete' && at !== 'target') checkRoot(at)
  return { at: at as ReadAt | undefined, signal: parseSignal(signal) }
}

/** Returns the options of a verification. Throws `badArgument`. */
export function parseVerify(options: unknown): {
  signal: AbortSignal | undefined
  onProgress: VerifyOptions['onProgress']
} {
  const { signal, onProgress } = fieldsOf('the options of verify', options, ['signal', 'onProgress'])
  const checked = parseSignal(signal)
  if (onProgress !== undefined) checkType('onProgress', 'function', onProgress)
  return { signal: checked, onProgress: onProgress as VerifyOptions['onProgress'] }
}

/** Returns the options of an import; `root` is `null` for any root. Throws `badArgument` or `badRootText`. */
export function parseImport(options: unknown): { root: string | null; signal: AbortSignal | undefined } {
  const { root, signal } = fieldsOf('the options of import', options, ['root', 'signal'])
  return { root: root === undefined ? null : `0x${checkRoot(root)}`, signal: parseSignal(signal) }
}

/** Returns a signal of any realm and any implementation. Throws `badArgument`. */
function parseSignal(signal: unknown): AbortSignal | undefined {
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
