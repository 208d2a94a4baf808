/** The resources used by a process between two questions. */
import { ownTime, ownTimeSince } from './own-time.ts'
import type { ServingFigures } from './scene.ts'

const SAMPLE_MS = 20

/**
 * Begins to watch this process. `heldBytes` returns the memory held for peers. The returned function gives the figures
 * since its last call.
 */
export function watchUsage(heldBytes: () => number = () => 0): () => ServingFigures {
  let peaks = { peakRssBytes: 0, peakHeldBytes: 0 }
  let last = ownTime()
  function sample(): void {
    peaks = {
      peakRssBytes: Math.max(peaks.peakRssBytes, process.memoryUsage.rss()),
      peakHeldBytes: Math.max(peaks.peakHeldBytes, heldBytes()),
    }
  }
  setInterval(sample, SAMPLE_MS)
  return () => {
    sample()
    const figures = { ...peaks, ...ownTimeSince(last) }
    last = ownTime()
    peaks = { peakRssBytes: 0, peakHeldBytes: 0 }
    return figures
  }
}
