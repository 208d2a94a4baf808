#!/usr/bin/env node
/**
 * Runs the `rootlight` command: gives `runCommand` the process's arguments, streams and signals, and ends the process.
 */
import { STOP_LIMIT_MS } from './constants.ts'
import { runCommand } from './run-command.ts'

/** The exit codes of a shell for a process ended by a signal. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const

const { stdout, stderr } = process
const stop = new AbortController()
let endedBy: keyof typeof EXIT_CODES | undefined
let lostOutput = false

for (const signal of Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[]) {
  process.on(signal, () => {
    // A second signal, or the time limit, ends the process at once. Temporary directories are deleted in the exit
    // handler.
    if (endedBy !== undefined) process.exit(EXIT_CODES[signal])
    endedBy = signal
    setTimeout(() => process.exit(EXIT_CODES[signal]), STOP_LIMIT_MS).unref()
    stop.abort()
  })
}
// The reader of our output may leave first. A server goes on then; any other command ends with exit code 1.
stdout.on('error', (error) => {
  lostOutput = true
  stderr.write(`rootlight: cannot write to standard output: ${error.message}\n`)
})
stderr.on('error', () => {}) // no stream is left for a report

const result = await runCommand(process.argv.slice(2), {
  ...{ stdout, stderr, signal: stop.signal },
  ...(process.env['DEBUG'] === undefined ? {} : { debug: process.env['DEBUG'] }),
})
await new Promise((resolve) => stdout.write('', resolve)) // a closed pipe fails only now
// Timers of a connection just ended may still be running; everything of ours is closed.
if (result === 'stopped') process.exit(EXIT_CODES[endedBy ?? 'SIGTERM'])
process.exit(result === 0 && lostOutput && endedBy === undefined ? 1 : result)
