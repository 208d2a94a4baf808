/** The operating system's figures of a page's process; Linux only. */
import { readFile } from 'node:fs/promises'
import type { Browser } from './browser.ts'

export interface RendererUsage {
  readonly rssBytes: number
  /** The largest memory since the start. */
  readonly peakRssBytes: number
  /** The time of all threads since the start. */
  readonly cpuMs: number
}

const MS_PER_TICK = 10

/** Returns the usage of all renderers of `browser`: the renderer of the only page, and spare ones. */
export async function rendererUsage({ cdp }: Browser): Promise<RendererUsage> {
  const { processInfo } = await cdp.send<{ processInfo: ProcessInfo[] }>('SystemInfo.getProcessInfo')
  const usages = await Promise.all(processInfo.filter(({ type }) => type === 'renderer').map(({ id }) => usageOf(id)))
  return {
    rssBytes: Math.max(...usages.map(({ rssBytes }) => rssBytes)),
    peakRssBytes: Math.max(...usages.map(({ peakRssBytes }) => peakRssBytes)),
    cpuMs: usages.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
  }
}

interface ProcessInfo {
  readonly type: string
  readonly id: number
}

async function usageOf(pid: number): Promise<RendererUsage> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  // The fields behind the name, which may hold any character: the state first, and times in ticks as 12th and 13th.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[11]) + Number(fields[12])
  const bytesOf = (field: string) => 1024 * Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1])
  return { rssBytes: bytesOf('VmRSS'), peakRssBytes: bytesOf('VmHWM'), cpuMs: ticks * MS_PER_TICK }
}
