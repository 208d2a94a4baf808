/** Checks an application's arguments to an import and to a data directory. */
import { parseCount, parsePositive } from '../wallet/number.ts'
import { badArgument, checkSignal, checkType, fieldsOf, listOf } from '../wallet/plain.ts'
import { checkDigits, checkPath, checkVerifyOptions, optional, withoutMissing } from './check-arguments.ts'
import type { EnsureOptions, ImportOptions, OpenOptions, WantedState } from './import-options.ts'
import { StateDatabase } from './state-database.ts'
import { checkIterable } from './state-record.ts'

const IMPORT_OPTIONS = [
  ...['database', 'records', 'label', 'chainId', 'header', 'expectedRoot', 'scratchDirectory', 'sortMemoryBytes'],
  ...['onProgress', 'signal'],
] as readonly (keyof ImportOptions)[]

/** Returns the options of an import as plain data. Throws `badArgument` or `badNumber`. */
export function checkImportOptions(options: unknown): ImportOptions {
  const given = fieldsOf('the options of an import', options, IMPORT_OPTIONS)
  checkType('label', 'string', given.label)
  for (const name of ['chainId', 'header', 'onProgress'] as const)
    optional(given[name], (value) => checkType(name, 'function', value))
  return withoutMissing({
    ...given,
    database: StateDatabase.check(given.database),
    records: checkIterable('records', given.records, { isAsync: true }),
    expectedRoot: optional(given.expectedRoot, (root) => checkDigits('expectedRoot', root)),
    scratchDirectory: checkPath('scratchDirectory', given.scratchDirectory),
    sortMemoryBytes: optional(given.sortMemoryBytes, (bytes) => parsePositive('sortMemoryBytes', bytes)),
    signal: checkSignal('signal', given.signal),
  }) as ImportOptions
}

/** Returns the options for opening a data directory. Throws `badArgument`. */
export function checkOpenOptions(options: unknown): OpenOptions {
  const { mustExist, repair, onDamage } = fieldsOf('the options', options, ['mustExist', 'repair', 'onDamage'])
  optional(mustExist, (value) => checkType('mustExist', 'boolean', value))
  optional(repair, (value) => checkType('repair', 'boolean', value))
  optional(onDamage, (value) => checkType('onDamage', 'function', value))
  return withoutMissing({ ...checkVerifyOptions(options), mustExist, repair, onDamage }) as OpenOptions
}

/** Returns the options of `StateDirectory.ensure`. Throws `badArgument`. */
export function checkEnsureOptions(options: unknown): EnsureOptions {
  const { onProgress, verify } = fieldsOf('the options', options, ['onProgress', 'verify'])
  optional(onProgress, (value) => checkType('onProgress', 'function', value))
  optional(verify, (value) => checkType('verify', 'boolean', value))
  return withoutMissing({ ...checkVerifyOptions(options), onProgress, verify }) as EnsureOptions
}

/** Returns a wanted state as plain data. Throws `badArgument` or `badNumber`. */
export function checkWanted(wanted: unknown): WantedState {
  const expected = 'an object with `genesis`, a name or a file, or with `generate`'
  const { genesis, root, generate } = fieldsOf('a wanted state', wanted, ['genesis', 'root', 'generate'], expected)
  if (generate === undefined) {
    if (genesis === undefined) throw badArgument('a wanted state', expected, wanted)
    const digits = optional(root, (root) => checkDigits('root', root))
    return withoutMissing({ genesis: checkPath('genesis', genesis), root: digits }) as WantedState
  }
  const { accounts, seed } = fieldsOf('generate', generate, ['accounts', 'seed'])
  return { generate: { accounts: parseCount('accounts', accounts), seed: parseCount('seed', seed) } }
}

/** Returns a list of wanted states as plain data. Throws `badArgument` or `badNumber`. */
export function checkWantedList(wanted: unknown): WantedState[] {
  return listOf('the wanted states', wanted).map(checkWanted)
}
