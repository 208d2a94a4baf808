/**
 * Numbers as the page shows them. Pure, English, and of steady width: a number changing many times a second must not
 * jump.
 */

/** Shown in place of an unknown number. */
export const UNKNOWN = '–'

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const
const ETHER_DECIMALS = 18
const counts = new Intl.NumberFormat('en')

/** Formats `12356` as `12,356`. */
export function formatCount(value: number | bigint): string {
  return counts.format(value)
}

/** Formats bytes in decimal units with three significant digits: `999 B`, `1.48 MB`. */
export function formatBytes(bytes: number): string {
  let unit = 0
  let value = bytes
  // 999.5 would be rounded to 1000 of the smaller unit.
  while (value >= (unit === 0 ? 1000 : 999.5) && unit < BYTE_UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 ? Math.round(value) : threeDigits(value)} ${BYTE_UNITS[unit]}`
}

/** Formats a rate as {@link formatBytes} a second. */
export function formatRate(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`
}

/** Formats a duration: `0.4 s`, `12 s`, `3 min 20 s`, `2 h 05 min`; {@link UNKNOWN} for `null`. */
export function formatDuration(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return UNKNOWN
  const seconds = Math.round(ms / 1000)
  if (ms < 9950) return `${(ms / 1000).toFixed(1)} s`
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${twoDigits(seconds % 60)} s`
  const minutes = Math.round(seconds / 60)
  return `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)} min`
}

/** Formats a short, measured time: `0.8 ms`, `12 ms`, `1.3 s`. */
export function formatElapsed(ms: number): string {
  if (ms >= 999.5) return formatDuration(ms)
  return `${ms < 9.95 ? ms.toFixed(1) : Math.round(ms)} ms`
}

/** Formats `0.4312` as `43.1 %`. Rounds down: `100 %` means the whole. */
export function formatFraction(fraction: number): string {
  if (fraction >= 1) return '100 %'
  return `${(Math.floor(Math.max(0, fraction) * 1000) / 10).toFixed(1)} %`
}

/** Formats wei as ether, exact: every digit, without trailing zeros. */
export function formatEther(wei: bigint): string {
  return `${formatAmount(wei, ETHER_DECIMALS)} ETH`
}

/** Formats an amount of a token with `decimals` decimals, exact, like {@link formatEther} without a unit. */
export function formatAmount(amount: bigint, decimals: number): string {
  const digits = amount.toString().padStart(decimals + 1, '0')
  const whole = formatCount(BigInt(digits.slice(0, digits.length - decimals)))
  const rest = digits.slice(digits.length - decimals).replace(/0+$/, '')
  return rest === '' ? whole : `${whole}.${rest}`
}

/** Shortens a long name to both ends: `0xd7f8974f…0f0544`, `12D3KooW…xFQ1p`. */
export function shorten(text: string, head = 10, tail = 6): string {
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`
}

function threeDigits(value: number): string {
  if (value < 9.995) return value.toFixed(2)
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0)
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
