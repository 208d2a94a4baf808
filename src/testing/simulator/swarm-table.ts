/** Writes the figures of all swarms as a Markdown table. */
import type { NETWORK, SwarmFigures } from './swarm.ts'

/** The stored result of `npm run swarm`. */
export interface SwarmReport {
  readonly commit: string | null
  readonly seed: number
  readonly state: { readonly accounts: number; readonly nodes: number; readonly bytes: number }
  readonly network: typeof NETWORK
  readonly cells: readonly SwarmFigures[]
}

export function tableOf(report: SwarmReport): string {
  const { state, network, seed, cells } = report
  const mbit = (bytesPerMs: number) => (bytesPerMs * 8) / 1000
  return `# Swarms

Tabs that begin to sync the same state at the same moment, in virtual time, with the real engine in each; computing takes
no time. \`npm run swarm\` repeats it: seed ${seed}, a state of ${state.accounts} accounts, ${state.nodes} nodes and
${(state.bytes / 1e6).toFixed(2)} MB; a server sends ${mbit(network.serverBytesPerMs)} Mbit/s in all, a tab
${mbit(network.tabUpBytesPerMs)} up and ${mbit(network.tabDownBytesPerMs)} down, at ${network.minRoundTripMs} to ${network.maxRoundTripMs} ms of round trip.
A tab dials ${network.serversPerTab} of the servers (if there are so many) and, where tabs serve, ${network.tabsPerTab} other tabs; tabs stay when
they are done. "At best" is the time that the servers' uplinks take for one state for each tab.

| tabs | servers | tabs serve | last tab, s | median tab, s | servers alone at best, s | servers sent, MB | ÷ state | ÷ state and tab | tabs sent, MB | peers dropped |
|---:|---:|:---|---:|---:|---:|---:|---:|---:|---:|---:|
${cells.map((cell) => rowOf(cell, report)).join('\n')}
`
}

function rowOf(cell: SwarmFigures, { state, network }: SwarmReport): string {
  const seconds = (ms: number) => (ms / 1000).toFixed(2)
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(1)
  const used = Math.min(cell.servers, cell.tabs * network.serversPerTab)
  const bestMs = (cell.tabs * state.bytes) / (network.serverBytesPerMs * used)
  const columns = [
    cell.tabs,
    cell.servers,
    cell.serving ? 'yes' : 'no',
    seconds(cell.lastMs),
    seconds(cell.medianMs),
    seconds(bestMs),
    megabytes(cell.serverBytes),
    cell.serverStates.toFixed(1),
    cell.serverStatesPerTab.toFixed(2),
    megabytes(cell.tabBytes),
    cell.departures,
  ]
  return `| ${columns.join(' | ')} |`
}
