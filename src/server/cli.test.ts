import { describe, expect, test } from 'vitest'
import { DEFAULT_RELAY_LIMITS } from '../network/finding/relay.ts'
import { parseCommand } from './cli.ts'
import { DEFAULT_LISTEN } from './options.ts'

const parse = (line: string) => parseCommand(line.split(' ').filter((word) => word !== ''))
const root = 'ab'.repeat(32)
const relay = DEFAULT_RELAY_LIMITS
const serve = {
  kind: 'serve',
  states: [],
  headers: [],
  data: undefined,
  listen: [DEFAULT_LISTEN],
  throttleBytesPerSecond: undefined,
  limits: {},
  connectionLimits: {},
  relay: undefined,
  json: false,
}

describe('parseCommand', () => {
  test.each([
    ['--help', { kind: 'help' }],
    ['serve -h', { kind: 'help' }],
    ['--version', { kind: 'version' }],
    ['serve --genesis mainnet', { ...serve, states: [{ genesis: 'mainnet' }] }],
    [
      'serve --genesis hoodi --genesis g.json --json',
      { ...serve, json: true, states: [{ genesis: 'hoodi' }, { genesis: 'g.json' }] },
    ],
    ['serve --generate 10 --seed 4', { ...serve, states: [{ generate: { accounts: 10, seed: 4 } }] }],
    ['serve --generate 10', { ...serve, states: [{ generate: { accounts: 10, seed: 1 } }] }],
    ['serve --data d --throttle 5000', { ...serve, data: 'd', throttleBytesPerSecond: 5000 }],
    ['serve --data d --listen /a --listen /b', { ...serve, data: 'd', listen: ['/a', '/b'] }],
    ['serve --data d --header 0xc0 --header h.txt', { ...serve, data: 'd', headers: ['0xc0', 'h.txt'] }],
    [`serve --genesis g --root ${root}`, { ...serve, states: [{ genesis: 'g', root }] }],
    [
      'serve --data d --max-connections 9 --max-per-host 3 --peer-requests 50 --peer-bytes 60 --max-memory 70',
      {
        ...serve,
        data: 'd',
        limits: {
          requests: { perSecond: 50, burst: 50 },
          bytes: { perSecond: 60, burst: 60 },
          heldBytes: 70,
        },
        connectionLimits: { connections: 9, connectionsPerHost: 3 },
      },
    ],
    ['serve --data d --relay', { ...serve, data: 'd', relay }],
    [
      'serve --data d --relay --relay-ttl 60 --relay-bytes 20000',
      { ...serve, data: 'd', relay: { ...relay, reservationSeconds: 60, connectionBytes: 20_000 } },
    ],
    ['relay', { kind: 'relay', relay, data: undefined, listen: [DEFAULT_LISTEN], json: false }],
    [
      'relay --data d --listen /a --relay-reservations 9 --relay-seconds 10 --json',
      {
        kind: 'relay',
        relay: { ...relay, reservations: 9, connectionSeconds: 10 },
        data: 'd',
        listen: ['/a'],
        json: true,
      },
    ],
    ['import --genesis g --data d', { kind: 'store', state: { genesis: 'g' }, data: 'd', json: false }],
    [
      `import --genesis g --data d --root 0x${root.toUpperCase()}`,
      { kind: 'store', state: { genesis: 'g', root }, data: 'd', json: false },
    ],
    [
      'generate --accounts 5 --seed 0 --data d --json',
      { kind: 'store', state: { generate: { accounts: 5, seed: 0 } }, data: 'd', json: true },
    ],
  ])('default: rootlight %s', (line, command) => {
    expect(parse(line)).toEqual(command)
  })

  test.each([
    ['', /no command/],
    ['sync', /no command sync/],
    ['serve extra --data d', /unexpected extra/],
    ['serve', /needs --genesis, --generate or --data/],
    ['serve --data d --accounts 5', /--accounts makes no sense/],
    ['serve --data d --seed 5', /--seed goes with --generate/],
    ['serve --data d --throttle 0', /--throttle is a whole number/],
    ['serve --data d --max-connections 0', /--max-connections is a whole number from 1/],
    ['import --genesis g --data d --max-memory 5', /--max-memory makes no sense/],
    ['serve --generate -5', /generate/],
    ['serve --generate 1e3', /--generate is a whole number/],
    ['serve --generate 4294967296', /--generate is a whole number/],
    [`serve --data d --root ${root}`, /--root goes with one --genesis/],
    ['serve --genesis', /genesis/],
    ['serve --peers x', /Unknown option '--peers'/],
    ['serve --data d --relay-ttl 5', /--relay-ttl makes no sense/],
    ['relay --relay-reservations 0', /--relay-reservations is a whole number from 1/],
    ['relay --genesis mainnet', /--genesis makes no sense/],
    ['relay --relay', /--relay makes no sense/],
    ['import --genesis g --data d --header 0xc0', /--header makes no sense/],
    ['import --genesis g', /import needs --data/],
    ['import --data d', /import needs one --genesis/],
    ['import --genesis g --genesis h --data d', /import needs one --genesis/],
    ['import --genesis g --data d --root 0x12', /--root is 0x and 64 hex digits/],
    ['import --genesis g --data d --listen /a', /--listen makes no sense/],
    ['generate --data d', /generate needs --accounts/],
    ['generate --accounts 5', /generate needs --data/],
    ['generate --accounts many --data d', /--accounts is a whole number/],
  ])('error: rootlight %s', (line, message) => {
    let thrown: unknown
    try {
      parse(line)
    } catch (error) {
      thrown = error
    }
    expect(thrown).toMatchObject({ code: 'usage', message: expect.stringMatching(message) })
  })
})
