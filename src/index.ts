/**
 * `rootlight`: the public face. Importing this module has no side effect.
 *
 * @module rootlight
 */

export type { BackupErrorCode } from './backup/errors.ts'
export type { ImportOptions, ReadOptions, VerifyOptions } from './call-options.ts'
export type { LightClient } from './client.ts'
export type { LightClientEventMap } from './client-events.ts'
export type { Libp2pNode, LightClientOptions, ServeOptions, WebRtcOptions } from './client-options.ts'
export { createLightClient } from './create-light-client.ts'
export type { ConnectionErrorCode } from './network/connection-error.ts'
export type { LeaveReason, NetworkErrorCode } from './network/error.ts'
export type { PeerSnapshot as PeerInfo } from './network/peers/peer-set.ts'
export type { ProtocolErrorCode, RefusalCode, RequestErrorCode } from './protocol/error.ts'
export { type ErrorDetail, type ErrorDetails, isRootlightError, RootlightError } from './runtime/error.ts'
export type { TraceScope } from './runtime/trace.ts'
export type { TraceEvent } from './runtime/trace-text.ts'
export type { ClosedReason } from './store/database/connection.ts'
export type { StoreErrorCode } from './store/errors.ts'
export type { CodeDamage, Damage, PageDamage } from './store/generations/damage.ts'
export type { SyncErrorCode } from './sync/errors.ts'
export type { PauseReason, StallReason, SyncPhase, SyncProgress } from './sync/progress.ts'
export type { Sync, SyncEventMap } from './sync-handle.ts'
export type { InputErrorCode, ReadErrorCode } from './wallet/errors.ts'
export type { ProofInput, ScopeInput, SlotNumber } from './wallet/input.ts'
export { announceProvider, type ProviderInfo } from './wallet/provider/announce.ts'
export type {
  Eip1193Provider,
  Eip1193Requester,
  EvmModule,
  ProviderOptions,
  RequestArguments,
} from './wallet/provider/types.ts'
export type {
  AccountValue,
  Answer,
  ClientStatus,
  CompleteStatus,
  GenerationStorage,
  ImportSummary,
  ProofValue,
  ReadAt,
  SlotProofValue,
  StorageReport,
  SyncTarget,
  TabRole,
  TargetStatus,
  VerifyProgress,
  VerifySummary,
} from './worker/engine.ts'
export type { WorkerErrorCode } from './worker/errors.ts'
