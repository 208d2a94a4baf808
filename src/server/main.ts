#!/usr/bin/env node
/** The `rootlight` command: gives `runCommand` the process's arguments, streams and signals, and ends the process. */
import { STOP_LIMIT_MS } from './constants.ts'
import { runCommand } from './run-command.ts'

/** What a shell reports of a process that ended by a signal, by the number of each. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

const { stdout, stderr } = process
const stop = new AbortController()
let endedBy: keyof typeof EXIT_CODES | undefined
let lostOutput = false

for (const signal of Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[]) {
  process.on(signal, () => {
    // Asked twice, or still busy after the limit: what is temporary is deleted as the process exits.
    if (endedBy !== undefined) process.exit(EXIT_CODES[signal])
    endedBy = signal
    setTimeout(() => process.exit(EXIT_CODES[signal]), STOP_LIMIT_MS).unref()
    stop.abort()
  })
}
// Whoever reads what it says may go before it does: a server goes on, and what ends by itself ends with 1.
stdout.on('error', (error) => {
  lostOutput = true
  stderr.write(`rootlight: cannot write to standard output: ${error.message}\n`)
})
stderr.on('error', () => {}) // nobody is left to be told

const result = await runCommand(process.argv.slice(2), { stdout, stderr, signal: stop.signal })
await new Promise((resolve) => stdout.write('', resolve)) // a pipe that was closed says so only now
// Timers of a connection that has just ended may still run; everything of ours is closed.
if (result === 'stopped') process.exit(EXIT_CODES[endedBy ?? 'SIGTERM'])
process.exit(result === 0 && lostOutput && endedBy === undefined ? 1 : result)
