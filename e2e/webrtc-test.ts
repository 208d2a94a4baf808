/**
 * `npm run test:webrtc`: runs only the end-to-end tests of WebRTC, as `npm test` does. Passes its arguments on to
 * Playwright.
 */
import { spawnSync } from 'node:child_process'
import { webrtcTests } from './webrtc-tests.ts'

const [command, ...args] = webrtcTests(process.argv.slice(2))
process.exitCode = spawnSync(command, args, { stdio: 'inherit' }).status ?? 1
