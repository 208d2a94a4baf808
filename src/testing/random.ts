/** Seeded randomness for tests: the same seed gives the same history. */

export interface Random {
  /** Returns a number from 0 (included) to 1. */
  (): number
  /** Returns an integer from 0 to `below` − 1. */
  int(below: number): number
  pick<T>(list: readonly T[]): T
  bytes(length: number): Uint8Array
}

/** Returns a Mulberry32 generator: small, fast and good enough for test data. */
export function seededRandom(seed: number): Random {
  let state = Math.imul(seed, 2654435761) >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const int = (below: number) => Math.floor(next() * below)
  return Object.assign(next, {
    int,
    pick: <T>(list: readonly T[]): T => list[int(list.length)]!,
    bytes: (length: number) => Uint8Array.from({ length }, () => int(256)),
  })
}
