/**
 * The page's one error, `#error`. The error stands below the control causing the error, and leaves with the next
 * attempt.
 */
import { byId, setText } from './dom.ts'
import { FieldError } from './peer-config.ts'
import { errorText, fullText } from './words.ts'

/** Places for an error: ids of slots in the page. */
export type ErrorPlace = 'sync-error' | 'watch-error' | 'lookup-error' | 'page-error'

/** Shows `error` in `place`. A {@link FieldError} also marks the field and moves the focus there. */
export function showError(place: ErrorPlace, error: unknown): void {
  const { text, code } = errorText(error)
  showMessage(place, text, code)
  if (!(error instanceof FieldError)) return
  const field = byId(error.field, HTMLElement)
  field.ariaInvalid = 'true'
  field.setAttribute('aria-errormessage', 'error')
  field.focus()
}

/** Shows the full disk, with the numbers of the browser. */
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

/** Hides the error. */
export function clearError(): void {
  byId('error', HTMLElement).hidden = true
  for (const field of document.querySelectorAll('[aria-invalid]')) {
    field.removeAttribute('aria-invalid')
    field.removeAttribute('aria-errormessage')
  }
}
