/** `npm run test:webrtc`: the end-to-end tests of WebRTC alone, as `npm test` runs them. Passes its arguments on to Playwright. */
import { spawnSync } from 'node:child_process'
import { webrtcTests } from './webrtc-tests.ts'

const [command, ...args] = webrtcTests(process.argv.slice(2))
process.exitCode = spawnSync(command, args, { stdio: 'inherit' }).status ?? 1
