/**
 * `npm run swarm`: runs all swarms from 1 tab and 1 server to 1,000 and 8. Writes JSON, a table and a plot to
 * `e2e/bench/results`.
 */
import { type ChildProcess, execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { NETWORK } from './swarm.ts'
import type { SwarmCell, SwarmResult } from './swarm-cell.ts'
import { plotOf } from './swarm-plot.ts'
import { type SwarmReport, tableOf } from './swarm-table.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    accounts: { type: 'string', default: '2000' },
    tabs: { type: 'string', default: '1,10,100,1000' },
    servers: { type: 'string', default: '1,2,4,8' },
    /** Path of the three files, without extension. */
    out: { type: 'string', default: fileURLToPath(new URL('../../../e2e/bench/results/swarm', import.meta.url)) },
  },
})

const numbers = (list: string) => list.split(',').map(Number)
const print = (line: string) => process.stdout.write(`${line}\n`)

const [seed, accounts] = [Number(values.seed), Number(values.accounts)]
const cells = numbers(values.tabs).flatMap((tabs) =>
  numbers(values.servers).flatMap((servers) =>
    [false, true].map((serving): SwarmCell => ({ tabs, servers, serving, seed, accounts })),
  ),
)
// Read before the long run, because the checkout may move on meanwhile. Processes read their sources when they start.
const startedFrom = commit()
const results = await runAll(cells)
const [{ stateNodes, stateBytes }] = results as [SwarmResult]
const report: SwarmReport = {
  commit: startedFrom,
  seed,
  state: { accounts, nodes: stateNodes, bytes: stateBytes },
  network: NETWORK,
  cells: results.map(({ figures }) => figures),
}
writeFileSync(`${values.out}.json`, `${JSON.stringify(report, null, 2)}\n`)
writeFileSync(`${values.out}.md`, tableOf(report))
writeFileSync(`${values.out}.svg`, plotOf(report))
print(tableOf(report))

/** Runs `cells` in one process for each core, the largest first. Returns the results in the order of `cells`. */
async function runAll(cells: readonly SwarmCell[]): Promise<SwarmResult[]> {
  const results: SwarmResult[] = []
  const rest = [...cells.entries()]
  const work = async () => {
    const child = fork(fileURLToPath(new URL('swarm-cell.ts', import.meta.url)))
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      const [index, cell] = next
      results[index] = await runIn(child, cell)
      const { figures, wallMs } = results[index]
      print(`${JSON.stringify(figures)} in ${(wallMs / 1000).toFixed(1)} s`)
    }
    child.kill()
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return results
}

async function runIn(child: ChildProcess, cell: SwarmCell): Promise<SwarmResult> {
  const over = new AbortController()
  const { signal } = over
  const exited = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`the process of ${JSON.stringify(cell)} ended with ${code}`)
  })
  exited.catch(() => {}) // expected after the result, when no code waits for the exit
  child.send(cell)
  try {
    const [result] = await Promise.race([once(child, 'message', { signal }), exited])
    return result
  } finally {
    over.abort()
  }
}

function commit(): string | null {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim()
  } catch {
    return null // a copy without the git history
  }
}
