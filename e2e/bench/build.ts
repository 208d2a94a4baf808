/**
 * The pages as an application would ship them: Vite's production build, served by a plain HTTP server on this machine.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const ROOT = fileURLToPath(new URL('.', import.meta.url))
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' }

export interface Site {
  /** Without a slash at the end. */
  readonly url: string
  /** The directory of the built files. */
  readonly directory: string
  close(): Promise<void>
}

/** Builds the pages in `folders` and serves them. `readable` keeps names and adds source maps, for profiles. */
export async function serveSite(folders: readonly string[], { readable }: { readable: boolean }): Promise<Site> {
  const directory = await mkdtemp(join(tmpdir(), 'rootlight-bench-site-'))
  await build({
    configFile: false,
    root: ROOT,
    base: './',
    logLevel: 'warn',
    worker: { format: 'es' },
    build: {
      target: 'es2022',
      outDir: directory,
      emptyOutDir: true,
      minify: !readable,
      sourcemap: readable,
      chunkSizeWarningLimit: 2_000, // Helia's page is what it is
      rollupOptions: { input: folders.map((folder) => join(ROOT, folder, 'index.html')) },
    },
  })
  const server = createServer(async ({ url = '/' }, response) => {
    const path = normalize(new URL(url, 'http://localhost').pathname)
    try {
      const body = await readFile(join(directory, path))
      response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(body)
    } catch {
      response.writeHead(404).end() // the browser asks for an icon
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    directory,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await rm(directory, { recursive: true, force: true })
    },
  }
}
