/** The page's one error, `#error`: it stands below the control that caused it, and leaves with the next attempt. */
import { byId, setText } from './dom.ts'
import { FieldError } from './peer-config.ts'
import { errorText, fullText } from './words.ts'

/** The places an error can stand in: ids of slots in the page. */
export type ErrorPlace = 'sync-error' | 'watch-error' | 'lookup-error' | 'page-error'

/** Shows `error` in `place`; a {@link FieldError} also marks its field and takes the focus there. */
export function showError(place: ErrorPlace, error: unknown): void {
  const { text, code } = errorText(error)
  showMessage(place, text, code)
  if (!(error instanceof FieldError)) return
  const field = byId(error.field, HTMLElement)
  field.ariaInvalid = 'true'
  field.setAttribute('aria-errormessage', 'error')
  field.focus()
}

/** Shows that the disk is full, and how full. */
export function showFull(place: ErrorPlace, error: unknown): void {
  const { text, code } = fullText(error)
  showMessage(place, text, code)
}

/** Shows `text` in `place`. */
export function showMessage(place: ErrorPlace, text: string, code = ''): void {
  clearError()
  const element = byId('error', HTMLElement)
  byId(place, HTMLElement).append(element)
  element.hidden = false
  setText(byId('error-text', HTMLElement), text)
  setText(byId('error-code', HTMLElement), code)
}

/** Takes the error away. */
export function clearError(): void {
  byId('error', HTMLElement).hidden = true
  for (const field of document.querySelectorAll('[aria-invalid]')) {
    field.removeAttribute('aria-invalid')
    field.removeAttribute('aria-errormessage')
  }
}
