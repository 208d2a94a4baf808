/** The worker that comes with the package. Bundlers look for this very expression, and put its script beside the application's. */

/** Throws where there are no workers, or none may be made of this script. */
export function openWorker(): Worker {
  // TypeScript's own file until it is built, which Vite finds by this name as well.
  return new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'rootlight-evm' })
}
