/** `npm run sim -- --seeds N --first S`: runs trials, and prints the seeds of failed trials. */
import { setMaxListeners } from 'node:events'
import { parseArgs } from 'node:util'
import { createFastKeccak } from '../../trie/fast-keccak.ts'
import { Report } from './report.ts'
import { Trace } from './trace.ts'
import { runTrial } from './trial.ts'

const PROGRESS_MS = 2_000

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    first: { type: 'string', default: '1' },
    /** Prints every event; meant for a single seed. */
    trace: { type: 'boolean', default: false },
  },
})

const print = (line: string) => process.stdout.write(`${line}\n`)

// Node reports more than ten listeners of one signal as a leak, and a sync has one listener for each open request.
setMaxListeners(0)

const keccak = await createFastKeccak()
const first = Number(values.first)
const last = first + Number(values.seeds) - 1
const report = new Report()
let toldAt = performance.now()
for (let seed = first; seed <= last; seed++) {
  const trace = new Trace(values.trace)
  try {
    report.add(await runTrial(seed, keccak, trace))
  } catch (error) {
    report.addFailure(seed)
    print(error instanceof Error ? error.message : String(error))
    if (error instanceof Error && values.trace) print(String((error.cause as Error | undefined)?.stack))
  }
  for (const line of trace.lines ?? []) print(line)
  if (performance.now() - toldAt < PROGRESS_MS) continue
  toldAt = performance.now()
  print(
    `${seed - first + 1} of ${values.seeds}, ${report.trialsPerSecond().toFixed(1)} a second, ${report.failures.length} failed`,
  )
}
print(JSON.stringify(report.summary()))
process.exitCode = report.failures.length === 0 ? 0 : 1
