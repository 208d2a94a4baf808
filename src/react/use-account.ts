import type { LightClient } from '../client.ts'
import type { AccountValue } from '../worker/engine.ts'
import { atOf, checkClient, keyPart } from './arguments.ts'
import { type ReadHookOptions, type ReadState, useRead } from './use-read.ts'

/** Reads the account at an address (`null`: no address yet). `value` is `null` for an account proven absent. */
export function useAccount(
  client: LightClient | null,
  address: string | null,
  options?: ReadHookOptions,
): ReadState<AccountValue | null> {
  const at = atOf(options)
  const key = address === null ? null : `${keyPart(address)} ${keyPart(at.at)}`
  return useRead(checkClient(client), key, (client, signal) => client.getAccount(address!, { signal, ...at }))
}
