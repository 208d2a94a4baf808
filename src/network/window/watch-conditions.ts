/** Watches the visibility of the page, and whether its connection is metered. For windows. */
import type { Conditions } from './window-caller.ts'

/** The Network Information API, present in some browsers. */
interface NetworkInformation extends EventTarget {
  readonly saveData?: boolean
  readonly type?: string
}

/** Calls `listener` with the present conditions, and after every change. Returns a function to stop. */
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
