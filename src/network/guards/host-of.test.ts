import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, test } from 'vitest'
import { hostOf, hostOfIp, plainIp } from './host-of.ts'

describe('plainIp', () => {
  test.each([
    ['10.0.0.1', '10.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['::ffff:a00:1', '10.0.0.1'],
    ['0:0:0:0:0:FFFF:10.0.0.1', '10.0.0.1'],
    ['64:ff9b::c0a8:101', '192.168.1.1'],
    ['fe80::1%lo', 'fe80::1'],
    ['fe80::1%eth0.100', 'fe80::1'],
    ['2001:db8::1', '2001:db8::1'],
    ['::1', '::1'],
    ['', undefined],
    [undefined, undefined],
  ])('default: %s is %s', (address, expected) => {
    expect(plainIp(address)).toBe(expected)
  })
})

describe('hostOfIp', () => {
  test.each([
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2::', '2001:db8:1:2::/64'],
    ['2001:0DB8:0001:0002:ffff::9', '2001:db8:1:2::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%lo', 'fe80:0:0:0::/64'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['10.0.0.1', '10.0.0.1'],
    ['', ''],
    ['a:b:c', 'a:b:c'],
    ['1:2:3', '1:2:3'],
  ])('default: %s is of %s', (ip, host) => {
    expect(hostOfIp(ip)).toBe(host)
  })
})

describe('hostOf', () => {
  test.each([
    ['/ip4/10.0.0.1/tcp/1/ws', '10.0.0.1'],
    ['/ip6/2001:db8::7/tcp/1/ws', '2001:db8:0:0::/64'],
    ['/ip6/::ffff:10.0.0.1/tcp/1/ws', '10.0.0.1'],
    ['/ip6zone/eth0/ip6/fe80::1/tcp/1/ws', 'fe80:0:0:0::/64'],
    ['/ip4/10.0.0.1/tcp/1/ws/p2p-circuit/webrtc', '10.0.0.1'],
    ['/webrtc', ''],
  ])('default: %s is of %s', (address, host) => {
    expect(hostOf(multiaddr(address))).toBe(host)
  })
})
