/** Statistics of many figures. */

/** Returns the median; `null` without values. */
export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  if (sorted.length === 0) return null
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : round((sorted[middle - 1]! + sorted[middle]!) / 2, 2)
}

export function round(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
