/**
 * The worker shipped with the package. Bundlers recognize exactly this expression, and put the script beside the
 * application's.
 */

/** Returns a new worker. Throws if the platform has no workers, or forbids one of this script. */
export function openWorker(): Worker {
  // In the sources the file is TypeScript; Vite finds the file by this name as well.
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'rootlight-evm' })
}
