/** CPU profiles of a page's threads, and the functions that took the most time by themselves. */
import { existsSync, readFileSync } from 'node:fs'
import { SourceMap, type SourceMapPayload } from 'node:module'
import { basename, join } from 'node:path'
import type { Browser, Page, Thread } from './browser.ts'

const INTERVAL_US = 200

interface ProfileNode {
  readonly id: number
  readonly callFrame: {
    readonly functionName: string
    readonly url: string
    /** Line and column count from zero. */
    readonly lineNumber: number
    readonly columnNumber: number
  }
}

/** A `.cpuprofile` file of DevTools; times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[]
  readonly startTime: number
  readonly endTime: number
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

export interface ThreadProfile {
  readonly thread: Thread
  readonly profile: CpuProfile
}

/** Begins to profile all current threads of the page. The returned function ends the profiles. */
export async function startProfiling({ cdp }: Browser, page: Page): Promise<() => Promise<ThreadProfile[]>> {
  const threads = [...page.threads]
  for (const { sessionId } of threads) {
    await cdp.send('Profiler.enable', {}, sessionId)
    await cdp.send('Profiler.setSamplingInterval', { interval: INTERVAL_US }, sessionId)
    await cdp.send('Profiler.start', {}, sessionId)
  }
  return () =>
    Promise.all(
      threads.map(async (thread) => {
        const stop = cdp.send<{ profile: CpuProfile }>('Profiler.stop', {}, thread.sessionId)
        return { thread, profile: (await stop).profile }
      }),
    )
}

export interface SelfTime {
  readonly name: string
  /** The source file, as far as the build knows. */
  readonly where: string
  readonly ms: number
}

/** Returns the self times by function, the longest first. `directory` holds the built files and their source maps. */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile, directory: string): SelfTime[] {
  const sources = new SourceNames(directory)
  const times = new Map<string, { name: string; where: string; ms: number }>()
  const byId = new Map(nodes.map(({ id, callFrame }) => [id, entryOf(callFrame, sources, times)]))
  samples.forEach((id, i) => {
    // A delta is the time since the sample before, and so belongs to the earlier sample. At this interval the
    // difference does not matter.
    byId.get(id)!.ms += timeDeltas[i]! / 1000
  })
  return [...times.values()].sort((a, b) => b.ms - a.ms)
}

function entryOf(
  frame: ProfileNode['callFrame'],
  sources: SourceNames,
  times: Map<string, { name: string; where: string; ms: number }>,
): { ms: number } {
  const where = sources.of(frame)
  const name = frame.functionName === '' ? '(anonymous)' : frame.functionName
  const key = `${name} ${where}`
  const entry = times.get(key) ?? { name, where, ms: 0 }
  times.set(key, entry)
  return entry
}

/** The origin of built code, according to the source maps. */
class SourceNames {
  readonly #directory: string
  readonly #maps = new Map<string, SourceMap | null>()

  constructor(directory: string) {
    this.#directory = directory
  }

  of({ url, lineNumber, columnNumber }: ProfileNode['callFrame']): string {
    if (url === '') return ''
    if (url.startsWith('wasm:')) return 'wasm'
    const file = basename(url)
    const entry = this.#map(file)?.findEntry(lineNumber, columnNumber)
    if (entry === undefined || !('originalSource' in entry)) return file
    const source = entry.originalSource.replace(/^(file:\/\/)?.*?(?=(src|node_modules|e2e)\/)/, '')
    return `${source}:${entry.originalLine + 1}`
  }

  #map(file: string): SourceMap | null {
    const known = this.#maps.get(file)
    if (known !== undefined) return known
    const path = join(this.#directory, 'assets', `${file}.map`)
    const map = existsSync(path) ? new SourceMap(JSON.parse(readFileSync(path, 'utf8')) as SourceMapPayload) : null
    this.#maps.set(file, map)
    return map
  }
}
