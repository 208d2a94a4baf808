/** Compares the names of genesis fields as geth's JSON decoder does. */

/** Folds a key for comparison. Go folds the case of letters, and two letters from outside of ASCII to ASCII ones. */
export function foldKey(key: string): string {
  const folded = key.toLowerCase() // turns the Kelvin sign into a k
  return folded.includes('ſ') ? folded.replaceAll('ſ', 's') : folded
}

/** True if the folded `key` differs from `known`, but so little that `known` is most likely meant. */
export function isMisspelt(key: string, known: string): boolean {
  const most = known.length > 5 ? 2 : 1
  return key !== known && Math.abs(key.length - known.length) <= most && distance(key, known) <= most
}

/** Returns the number of letters to insert, delete or change to turn `a` into `b` (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
