/** The button for deleting everything, behind a question. */
import { byId } from './dom.ts'

/** Wires `#forget` and the dialog; `act` runs when the answer was yes. */
export function attachForget(act: () => void): void {
  const dialog = byId('forget-dialog', HTMLDialogElement)
  byId('forget', HTMLButtonElement).addEventListener('click', () => {
    dialog.returnValue = ''
    dialog.showModal()
  })
  dialog.addEventListener('close', () => {
    if (dialog.returnValue === 'forget') act()
  })
}

/** Deletes the database. Calls `onBlocked` if another tab still has the database open: deletion waits for that tab. */
export function deleteDatabase(name: string, onBlocked: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name)
    request.onsuccess = () => resolve()
    request.onerror = () => reject(request.error)
    request.onblocked = onBlocked
  })
}
