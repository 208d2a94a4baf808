/** `npm run bench -- transports`: see `bench.ts`. */
import { parseTransportOptions } from '../options.ts'
import { runInOwnNetwork } from '../own-network.ts'

/** Runs the benchmark. `args` are the words after the command's name. */
export async function benchTransports(args: readonly string[]): Promise<void> {
  parseTransportOptions(args) // what makes no sense is told at once
  runInOwnNetwork(new URL('./bench.ts', import.meta.url), args)
}
