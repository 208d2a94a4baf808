#!/usr/bin/env node
/** The `rootlight` command: gives `runCommand` the process's arguments, streams and signals. */
import { runCommand } from './run-command.ts'

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())

const { stdout, stderr } = process
// Whoever reads what it says may go before it does: a server goes on.
for (const stream of [stdout, stderr]) stream.on('error', () => {})
const exitCode = await runCommand(process.argv.slice(2), { stdout, stderr, signal: stop.signal })
// Timers of a connection that has just ended may still run; everything of ours is closed.
process.exit(exitCode)
