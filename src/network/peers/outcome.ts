/** How a request ended: what the sync loop reports to the peer that it asked. The loop's own interface has the same shape. */

export type Outcome =
  /** Everything in the answer was checked and true. `elapsedMs` runs from sending to receipt; `null`: we were absent. */
  | { readonly kind: 'useful'; readonly bytes: number; readonly elapsedMs: number | null }
  /** It answered, with nothing: it does not have what was asked for. */
  | { readonly kind: 'empty' }
  /** No answer in time to a request of `maxBytes`. */
  | { readonly kind: 'timeout'; readonly maxBytes: number }
  /** Bytes whose hash is not the one that was asked for, or more than was asked for. */
  | { readonly kind: 'lie'; readonly reason: string }
