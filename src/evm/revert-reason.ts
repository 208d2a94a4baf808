/** What a contract says when it reverts: Solidity's `Error(string)` and `Panic(uint256)`. */
import { bytesToBigInt, bytesToHex } from '@ethereumjs/util'

const ERROR = '0x08c379a0'
const PANIC = '0x4e487b71'

/** `null`: it says nothing that is known. */
export function revertReason(data: Uint8Array): string | null {
  const selector = bytesToHex(data.subarray(0, 4))
  if (selector === PANIC && data.length === 36) return `panic 0x${bytesToBigInt(data.subarray(4)).toString(16)}`
  if (selector !== ERROR || data.length < 68) return null
  const length = Number(bytesToBigInt(data.subarray(36, 68)))
  if (data.length < 68 + length) return null
  return new TextDecoder().decode(data.subarray(68, 68 + length))
}
