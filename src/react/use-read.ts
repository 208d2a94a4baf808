/**
 * A read in a component. The read repeats when its arguments change and when the root moves. A component never sees the
 * answer of other arguments.
 */
import { useEffect, useState } from 'react'
import type { LightClient } from '../client.ts'
import type { SyncProgress } from '../sync/progress.ts'
import type { Answer, ReadAt } from '../worker/engine.ts'

/** The options of `useAccount` and `useStorage`. */
export interface ReadHookOptions {
  /** The state to read, as in the reads of a client. */
  readonly at?: ReadAt
}

/** The state of a read. During a repeated read the previous value stays. */
export interface ReadState<T> {
  readonly value: T | undefined
  /** The root against which `value` was verified. */
  readonly root: string | undefined
  readonly isLoading: boolean
  /** The coded error of the client's read. */
  readonly error: unknown
}

/** A state with the client and the key it belongs to. */
interface Shown<T> {
  readonly client: LightClient | null
  readonly key: string | null
  readonly state: ReadState<T>
}

const LOADING: ReadState<never> = { value: undefined, root: undefined, isLoading: true, error: null }
const NOTHING: Shown<never> = { client: null, key: null, state: LOADING }

/** Calls `read` whenever `key` changes or the root moves. A `null` key means there is nothing to read yet. */
export function useRead<T>(
  client: LightClient | null,
  key: string | null,
  read: (client: LightClient, signal: AbortSignal) => Promise<Answer<T>>,
): ReadState<T> {
  const [shown, setShown] = useState<Shown<T>>(NOTHING)
  const moves = useMoves(client)
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key is all that counts of what is read, and a move is a reason to read.
  useEffect(() => {
    if (client === null || key === null) return
    const controller = new AbortController()
    const show = (state: ReadState<T>) => {
      if (!controller.signal.aborted) setShown({ client, key, state })
    }
    read(client, controller.signal).then(
      ({ value, root }) => show({ value, root, isLoading: false, error: null }),
      (error: unknown) => show({ ...LOADING, isLoading: false, error }),
    )
    return () => controller.abort()
  }, [client, key, moves])
  return shown.client === client && shown.key === key ? shown.state : LOADING
}

/**
 * Counts the moves of the root since the component mounted: a sync of another root began, or a root became complete.
 */
function useMoves(client: LightClient | null): number {
  const [count, setCount] = useState(0)
  useEffect(() => {
    if (client === null) return
    let root = client.progress?.root
    const onProgress = ({ detail }: CustomEvent<SyncProgress>) => {
      if (detail.root === root && detail.phase !== 'complete') return
      root = detail.root
      setCount((count) => count + 1)
    }
    client.addEventListener('progress', onProgress)
    return () => client.removeEventListener('progress', onProgress)
  }, [client])
  return count
}
