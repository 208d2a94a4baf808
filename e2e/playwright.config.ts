/** `npx playwright test -c e2e`: real Chromium, real IndexedDB, real libp2p, real peers in Node. */
import { defineConfig } from '@playwright/test'
import { launchOptions } from './chromium.ts'

/** Specs in need of an interface beside loopback. */
const WEBRTC = 'webrtc-*.spec.ts'

export default defineConfig({
  testDir: '.',
  // Specs of WebRTC apart: `npm test` gives them a network of their own, without any registry.
  projects: [
    { name: 'main', testMatch: '*.spec.ts', testIgnore: WEBRTC },
    { name: 'webrtc', testMatch: WEBRTC },
  ],
  outputDir: '../test-results/e2e',
  globalSetup: './global-setup.ts',
  // Each worker has a browser, and peers in its own process: more workers would only measure each other.
  workers: 2,
  fullyParallel: false,
  retries: 0,
  forbidOnly: process.env['CI'] !== undefined,
  timeout: 60_000,
  expect: { timeout: 20_000 },
  reporter: [['line'], ['json', { outputFile: '../test-results/e2e.json' }]],
  use: { browserName: 'chromium', headless: true, launchOptions: launchOptions() },
})
