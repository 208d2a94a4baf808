import { describe, expect, test } from 'vitest'
import { DEFAULT_CONNECTION_LIMITS } from '../network/guards/connection-limits.ts'
import { DEFAULT_SERVING_LIMITS } from '../protocol/serving-limits.ts'
import { dependentLimits } from './dependent-limits.ts'

/** Returns the limits in force. */
function inForce({ limits = {}, connectionLimits = {} }: Partial<Parameters<typeof dependentLimits>[0]>) {
  const dependent = dependentLimits({ limits, connectionLimits })
  return {
    ...DEFAULT_SERVING_LIMITS,
    ...dependent.limits,
    ...DEFAULT_CONNECTION_LIMITS,
    ...dependent.connectionLimits,
  }
}

describe('dependentLimits', () => {
  test('default: without a wish, the limits are the usual ones', () => {
    expect(inForce({})).toEqual({ ...DEFAULT_SERVING_LIMITS, ...DEFAULT_CONNECTION_LIMITS })
  })

  test('behavior: a host that may have all connections may have all of everything', () => {
    const limits = inForce({ connectionLimits: { connections: 1000, connectionsPerHost: 1000 } })
    expect(limits.streams).toBe(2000)
    for (const [name, limit] of Object.entries(limits)) {
      if (!name.endsWith('PerHost')) continue
      const total = limits[name.replace('PerHost', '') as keyof typeof limits]
      expect([name, limit]).toEqual([name, total])
    }
  })

  test('behavior: a host that may have half of the connections may have half of everything', () => {
    const connectionsPerHost = DEFAULT_CONNECTION_LIMITS.connections / 2
    expect(inForce({ connectionLimits: { connectionsPerHost } })).toMatchObject({
      streamsPerHost: DEFAULT_SERVING_LIMITS.streams / 2,
      heldBytesPerHost: DEFAULT_SERVING_LIMITS.heldBytes / 2,
      pendingConnectionsPerHost: DEFAULT_CONNECTION_LIMITS.pendingConnections / 2,
    })
  })

  test('behavior: more memory is more memory for a host', () => {
    const heldBytes = 8 * DEFAULT_SERVING_LIMITS.heldBytes
    expect(inForce({ limits: { heldBytes } }).heldBytesPerHost).toBe(8 * DEFAULT_SERVING_LIMITS.heldBytesPerHost)
  })

  test('behavior: few connections of a host leave each of them enough memory', () => {
    expect(inForce({ connectionLimits: { connectionsPerHost: 1 } })).toMatchObject({
      ...{ streamsPerHost: 2, heldBytesPerHost: DEFAULT_SERVING_LIMITS.heldBytesPerHost },
    })
  })

  test('behavior: given limits stay', () => {
    const given = {
      limits: { streams: 1, streamsPerHost: 2, heldBytesPerHost: 3 },
      connectionLimits: { connections: 4, connectionsPerHost: 5, pendingConnectionsPerHost: 6 },
    }
    expect(dependentLimits(given)).toEqual(given)
  })
})
