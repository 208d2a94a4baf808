/** `npm run bench`: runs one benchmark. JSON lines on stdout, tables for people on stderr. */

import { benchCalls } from './calls/bench.ts'
import { benchHostile } from './hostile/main.ts'
import { USAGE } from './options.ts'
import { benchReads } from './reads/bench.ts'
import { benchRestart } from './restart/bench.ts'
import { benchSync } from './sync-bench.ts'
import { benchTakeover } from './takeover/bench.ts'
import { benchTransports } from './transports/main.ts'

const COMMANDS = {
  sync: benchSync,
  restart: benchRestart,
  takeover: benchTakeover,
  reads: benchReads,
  transports: benchTransports,
  hostile: benchHostile,
  calls: benchCalls,
}

const args = process.argv.slice(2)
const name = args[0]?.startsWith('-') === false ? args.shift() : 'sync'
if (args.includes('--help') || args.includes('-h')) console.log(USAGE)
else if (name !== undefined && name in COMMANDS) await COMMANDS[name as keyof typeof COMMANDS](args)
else throw new Error(`no command ${name}\n${USAGE}`)
