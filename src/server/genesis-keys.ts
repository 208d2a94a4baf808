/** The names of a genesis's fields, as geth's JSON decoder compares them. */

/** `key` as it is compared: Go folds the case of letters, and the two letters that fold to ASCII ones from outside of it. */
export function foldKey(key: string): string {
  const folded = key.toLowerCase() // which makes the Kelvin sign a k
  return folded.includes('ſ') ? folded.replaceAll('ſ', 's') : folded
}

/** True if `key`, folded, is none of ours, but so close to `known` that it is most likely meant. */
export function isMisspelt(key: string, known: string): boolean {
  const most = known.length > 5 ? 2 : 1
  return key !== known && Math.abs(key.length - known.length) <= most && distance(key, known) <= most
}

/** How many letters have to be put in, left out or changed to make one word of the other (Levenshtein). */
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
