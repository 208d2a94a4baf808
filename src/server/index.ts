/**
 * `rootlight/server`: serve states from Node. Importing this module has no side effect.
 *
 * @module rootlight/server
 */

export { DEFAULT_RELAY_LIMITS, type RelayLimits } from '../network/finding/relay.ts'
export { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from '../network/guards/connection-limits.ts'
export { createPrivateKey } from '../network/libp2p/listening-node.ts'
export type { ServeCounters } from '../network/peers/serve.ts'
export { DEFAULT_SERVING_LIMITS, type ServingLimits } from '../protocol/serving-limits.ts'
export type { TraceScope } from '../runtime/trace.ts'
export type { TraceEvent } from '../runtime/trace-text.ts'
export { ServerError, type ServerErrorCode } from './error.ts'
export { type GenesisName, KNOWN_GENESIS, type KnownGenesis, knownGenesis } from './genesis.ts'
export { encodeGenesisHeader, type GenesisBlock } from './genesis-block.ts'
export { type GenesisFile, genesisFile } from './genesis-file.ts'
export type { EnsureOptions, ImportOptions, ImportProgress, WantedState } from './import-options.ts'
export { importState } from './importer.ts'
export { LevelSource } from './level-source.ts'
export { multiSource } from './multi-source.ts'
export type { Served } from './observed-source.ts'
export type { RelayOptions } from './options.ts'
export { DEFAULT_LISTEN, type ServedState, type ServerOptions } from './options.ts'
export { type RunningRelay, startRelay } from './relay.ts'
export { type RunningServer, startServer } from './server.ts'
export { StateDatabase } from './state-database.ts'
export { StateDirectory } from './state-directory.ts'
export type { StateInfo } from './state-info.ts'
export {
  type AccountDescription,
  type AccountRecord,
  recordsOf,
  type SlotRecord,
  type StateRecord,
  type StateRecords,
} from './state-record.ts'
export { generateAccounts, type SyntheticOptions, SyntheticState } from './synthetic.ts'
