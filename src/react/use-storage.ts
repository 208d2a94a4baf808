import type { LightClient } from '../client.ts'
import type { SlotNumber } from '../wallet/input.ts'
import { atOf, checkClient, keyPart } from './arguments.ts'
import { type ReadHookOptions, type ReadState, useRead } from './use-read.ts'

/** Reads a slot of the contract at an address (`null`: no address yet). `value` is `0x` and 64 hex digits. */
export function useStorage(
  client: LightClient | null,
  address: string | null,
  slot: SlotNumber,
  options?: ReadHookOptions,
): ReadState<string> {
  const at = atOf(options)
  const key = address === null ? null : [address, slot, at.at].map(keyPart).join(' ')
  return useRead(checkClient(client), key, (client, signal) => client.getStorageAt(address!, slot, { signal, ...at }))
}
