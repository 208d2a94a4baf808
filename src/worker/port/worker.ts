/**
 * The entry of the dedicated worker. Published as `rootlight/worker`, and as `worker.bundle.js`, which needs no
 * bundler. Listens only in a worker's own script: importing the file elsewhere does nothing.
 */

import { hostEngine } from './host.ts'
import type { WorkerScope } from './worker-port.ts'

const scope = globalThis as unknown as { WorkerGlobalScope?: new () => object } & WorkerScope
if (scope.WorkerGlobalScope !== undefined && scope instanceof scope.WorkerGlobalScope) hostEngine(scope)
