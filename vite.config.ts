import { playwright } from '@vitest/browser-playwright'
import { defineConfig, type ViteUserConfig } from 'vitest/config'
import { launchOptions } from './e2e/chromium.ts'
import packageJson from './package.json' with { type: 'json' }
import { browserCommands } from './src/testing/browser-commands.ts'

/** The demo page is the root that `vite` serves and builds. */
const demo: ViteUserConfig = {
  root: 'demo',
  base: './',
  build: { target: 'es2022', outDir: '../dist/demo', emptyOutDir: true },
  worker: { format: 'es' },
  // Found at the start: a package that the server finds later makes it reload the page.
  optimizeDeps: { entries: ['index.html', '../src/worker/port/worker.ts', '../src/evm/worker.ts'] },
}

/** Beside a script that has others' code in it: what their licenses ask for. */
const licensesOf = (script: string) => ({ fileName: `${script}.licenses.md` })

/**
 * `--mode worker`: the worker for plain HTML and for extensions, all of it but libp2p in one script. What it loads later is a
 * script beside it, and shares no module with it: for that it would have to import the worker's script, by an address that is
 * up to the page.
 */
const worker: ViteUserConfig = {
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: false,
    license: licensesOf('worker.bundle'),
    lib: {
      entry: 'src/worker/port/worker.ts',
      formats: ['iife'],
      name: 'rootlightWorker',
      fileName: () => 'worker.bundle.js',
    },
    rollupOptions: { external: /\/libp2p-modules\.ts$/, output: { paths: () => './worker.libp2p.js' } },
  },
}

/** `--mode worker-libp2p`: what that worker loads when it dials, and not before. */
const workerLibp2p: ViteUserConfig = {
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: false,
    license: licensesOf('worker.libp2p'),
    lib: { entry: 'src/network/libp2p/libp2p-modules.ts', formats: ['es'], fileName: () => 'worker.libp2p.js' },
    rollupOptions: {
      external: /\/sodium\.ts$/,
      // Vite leaves the white space in what a bundler will see again; nobody bundles this.
      output: { minify: true, paths: () => './worker.cipher.js' },
    },
  },
}

/** `--mode worker-cipher`: what is loaded beside the first dial. */
const workerCipher: ViteUserConfig = {
  build: {
    target: 'es2022',
    outDir: 'dist',
    emptyOutDir: false,
    license: licensesOf('worker.cipher'),
    lib: { entry: 'src/network/libp2p/sodium.ts', formats: ['es'], fileName: () => 'worker.cipher.js' },
    rollupOptions: { output: { minify: true } },
  },
}

/**
 * `--mode evm-worker`: the worker for calls, all of it in one script, in the place of the module that has this name. A page of
 * any sort can have it, and an application needs none of the packages that are in it.
 */
const evmWorker: ViteUserConfig = {
  build: {
    target: 'es2022',
    outDir: 'dist/evm',
    emptyOutDir: false,
    license: licensesOf('worker'),
    sourcemap: true,
    lib: { entry: 'src/evm/worker.ts', formats: ['es'], fileName: () => 'worker.js' },
    rollupOptions: { output: { minify: true } },
  },
}

/**
 * `--mode webrtc`: libp2p's WebRTC for browsers, in the place of the module that imports it. `@libp2p/webrtc` comes with
 * node-datachannel and all of react-native: who installs this package gets none of it, and needs no overrides.
 */
const webrtc: ViteUserConfig = {
  build: {
    target: 'es2022',
    outDir: 'dist/network/libp2p',
    emptyOutDir: false,
    license: licensesOf('webrtc-parts'),
    sourcemap: true,
    lib: { entry: 'src/network/libp2p/webrtc-parts.ts', formats: ['es'], fileName: () => 'webrtc-parts.js' },
    rollupOptions: { external: Object.keys(packageJson.dependencies).map((name) => new RegExp(`^${name}(/|$)`)) },
  },
}

/** What `vite build --mode` makes, beside the demo. */
const parts: Readonly<Record<string, ViteUserConfig>> = {
  worker,
  'worker-libp2p': workerLibp2p,
  'worker-cipher': workerCipher,
  'evm-worker': evmWorker,
  webrtc,
}

/** The tests run from `src` and `demo`, in Node and in a real Chromium. */
const test: NonNullable<ViteUserConfig['test']> = {
  root: '.',
  projects: [
    {
      test: {
        name: 'node',
        root: '.',
        include: ['src/**/*.test.ts', 'demo/**/*.test.ts'],
        exclude: ['src/**/*.browser.test.ts'],
        testTimeout: 60_000,
      },
    },
    {
      // Found at the start, as above.
      optimizeDeps: {
        entries: ['src/worker/port/worker.ts', 'src/evm/worker.ts', 'src/evm/on-thread.ts', 'src/**/*.browser.test.ts'],
      },
      test: {
        name: 'chromium',
        root: '.',
        include: ['src/**/*.browser.test.ts'],
        setupFiles: ['src/testing/watched-workers.ts'],
        testTimeout: 60_000,
        browser: {
          enabled: true,
          headless: true,
          screenshotFailures: false,
          provider: playwright({ launchOptions: launchOptions() }),
          commands: browserCommands,
          instances: [{ browser: 'chromium' }],
        },
      },
    },
  ],
}

export default defineConfig(({ mode }) => ({
  ...(parts[mode] ?? demo),
  test,
}))
