/**
 * The entry of the dedicated worker. Published as `rootlight/worker`, and as `worker.bundle.js`, which needs no bundler. It
 * listens only where it is a worker's own script: importing it elsewhere does nothing.
 */

import { hostEngine } from './host.ts'
import type { WorkerScope } from './worker-port.ts'

const scope = globalThis as unknown as { WorkerGlobalScope?: new () => object } & WorkerScope
if (scope.WorkerGlobalScope !== undefined && scope instanceof scope.WorkerGlobalScope) hostEngine(scope)
