/**
 * The web pages of the tests: builds the pages with Vite as an application would, and serves one directory from
 * 127.0.0.1. Knows nothing of peers.
 */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
}

/** A served site. */
export interface Site {
  /** With a slash at its end. */
  readonly url: string
  close(): Promise<void>
}

/** Builds the test page into `page/` and the demo into `demo/` below `directory`, both for production. */
export async function buildPages(directory: string): Promise<void> {
  for (const name of ['page', 'demo']) {
    await build({
      configFile: false,
      logLevel: 'error',
      root: join(ROOT, name === 'demo' ? 'demo' : 'e2e/page'),
      base: './',
      worker: { format: 'es' },
      build: { target: 'es2022', outDir: join(directory, name), emptyOutDir: true },
    })
  }
}

/** Builds the test page into `directory`, with the library as built for the package instead of its sources. */
export async function buildPackagePage(directory: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'error',
    root: join(ROOT, 'e2e/page'),
    base: './',
    resolve: { alias: [{ find: '../../src/index.ts', replacement: join(ROOT, 'dist/index.js') }] },
    worker: { format: 'es' },
    build: { target: 'es2022', outDir: directory, emptyOutDir: true },
  })
}

/** Serves `directory` at a free port. */
export async function serveDirectory(directory: string): Promise<Site> {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://127.0.0.1')
    const path = pathname.endsWith('/') ? `${pathname}index.html` : pathname
    try {
      const body = await readFile(join(directory, normalize(decodeURIComponent(path))))
      response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(body)
    } catch {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not here')
    }
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
