/** A wire seen from a process: arrivals wait until the process has the thread. */
import type { Wire } from '../../protocol/wire.ts'

/** Wraps `wire`. `run` runs the tasks one after the other, each as soon as possible. */
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
