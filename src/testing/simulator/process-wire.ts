/** A wire as a process sees it: what comes over it waits until the process has its thread. */
import type { Wire } from '../../protocol/wire.ts'

/** `run` runs a task as soon as it can, one after the other. */
export function processWire(wire: Wire, run: (task: () => void) => void): Wire {
  return {
    open: ({ onChunk, onClose }) => {
      wire.open({
        onChunk: (chunk) => run(() => onChunk(chunk)),
        onClose: (error) => run(() => onClose(error)),
      })
    },
    send: (pieces) => wire.send(pieces),
    close: () => wire.close(),
    abort: (error) => wire.abort(error),
  }
}
