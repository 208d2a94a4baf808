/** The button that deletes everything, behind a question. */
import { byId } from './dom.ts'

/** Wires `#forget` and its dialog; `act` runs when the question was answered with yes. */
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

/** Deletes the database. `onBlocked` is called if another tab still has it open: it goes when that tab lets go. */
export function deleteDatabase(name: string, onBlocked: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(name)
    request.onsuccess = () => resolve()
    request.onerror = () => reject(request.error)
    request.onblocked = onBlocked
  })
}
