import type { LightClient } from '../client.ts'
import type { AccountValue } from '../worker/engine.ts'
import { type ReadHookOptions, type ReadState, useRead } from './use-read.ts'

/** The account at an address (`null` while there is none): `value` is `null` where it is proven absent. */
export function useAccount(
  client: LightClient | null,
  address: string | null,
  { at }: ReadHookOptions = {},
): ReadState<AccountValue | null> {
  const key = address === null ? null : `${address} ${at}`
  return useRead(client, key, (client, signal) => client.getAccount(address!, { signal, ...(at && { at }) }))
}
