/** The network of the WebRTC tests, without any of our code: a failure here is the machine's. */
import { expect, test } from '@playwright/test'

test('two connections of a page find each other without any server', async ({ page }) => {
  const pair = await page.evaluate(async () => {
    const [a, b] = [new RTCPeerConnection(), new RTCPeerConnection()]
    a.onicecandidate = ({ candidate }) => void b.addIceCandidate(candidate ?? undefined)
    b.onicecandidate = ({ candidate }) => void a.addIceCandidate(candidate ?? undefined)
    const channel = a.createDataChannel('test')
    const opened = new Promise((resolve) => {
      channel.onopen = resolve
    })
    await a.setLocalDescription()
    await b.setRemoteDescription(a.localDescription!)
    await b.setLocalDescription()
    await a.setRemoteDescription(b.localDescription!)
    await opened
    const stats = new Map<string, RTCStats & Record<string, string>>()
    for (const [id, stat] of (await a.getStats()) as unknown as Map<string, RTCStats & Record<string, string>>) {
      stats.set(id, stat)
    }
    const transport = [...stats.values()].find(({ type }) => type === 'transport')
    const selected = stats.get(transport?.['selectedCandidatePairId'] ?? '')
    return [selected?.['localCandidateId'], selected?.['remoteCandidateId']].map(
      (id) => stats.get(id ?? '')?.['candidateType'],
    )
  })
  expect(pair[0]).toBe('host')
})
