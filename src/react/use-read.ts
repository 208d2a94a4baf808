/** A read in a component: again when what is asked for changes, and when the root moves; never a stale answer. */
import { useEffect, useState } from 'react'
import type { LightClient } from '../client.ts'
import type { SyncProgress } from '../sync/progress.ts'
import type { Answer, ReadAt } from '../worker/engine.ts'

export interface ReadHookOptions {
  /** As of the client's reads. */
  readonly at?: ReadAt
}

/** An answer on its way. While it is read again, what was read before stays. */
export interface ReadState<T> {
  readonly value: T | undefined
  /** What it was verified against. */
  readonly root: string | undefined
  readonly isLoading: boolean
  /** Coded, as of the client's reads. */
  readonly error: unknown
}

/** A state, and whose answer it is. */
interface Shown<T> {
  readonly client: LightClient | null
  readonly key: string | null
  readonly state: ReadState<T>
}

const LOADING: ReadState<never> = { value: undefined, root: undefined, isLoading: true, error: null }
const NOTHING: Shown<never> = { client: null, key: null, state: LOADING }

/** `read` is called again when `key` has changed; `null`: there is nothing to read yet. */
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

/** How often another root was begun, or has become complete, since the component is there. */
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
