/** Whether the page is seen, and whether its user pays for what it sends. For windows. */
import type { Conditions } from './window-caller.ts'

/** The Network Information API, where a browser has it. */
interface NetworkInformation extends EventTarget {
  readonly saveData?: boolean
  readonly type?: string
}

/** Calls `listener` with what holds now, and whenever that changes. Returns the way to stop that. */
export function watchConditions(listener: (conditions: Conditions) => void): () => void {
  const { connection } = globalThis.navigator as { readonly connection?: NetworkInformation }
  const tell = () => {
    listener({
      isHidden: document.visibilityState === 'hidden',
      isMetered: connection?.saveData === true || connection?.type === 'cellular',
    })
  }
  document.addEventListener('visibilitychange', tell)
  connection?.addEventListener('change', tell)
  tell()
  return () => {
    document.removeEventListener('visibilitychange', tell)
    connection?.removeEventListener('change', tell)
  }
}
