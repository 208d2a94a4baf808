/**
 * Counts the marks of hard-to-read English: pronouns without a name, comments beginning with "What", long sentences.
 */

export interface ProseCounts {
  readonly comments: number
  readonly sentences: number
  /** Sentences with a word pointing elsewhere: `it`, `its`, `that`, `what`, `those`, `them`. */
  readonly leaning: number
  /** Sentences with `who`, `whoever`, `whose`, `nobody` or `somebody`. */
  readonly people: number
  /** Comments beginning with "What". */
  readonly whats: number
  /** Sentences of more than {@link MAX_WORDS} words. */
  readonly long: number
}

const MAX_WORDS = 25
const LEANING = /\b(it|its|that|what|those|them)\b/i
const PEOPLE = /\b(who|whoever|whose|nobody|somebody)\b/i
const DOC_COMMENT = /\/\*\*(.*?)\*\//gs

/** Returns the texts of the doc comments of a TypeScript file, without code spans and links. */
export function docComments(source: string): string[] {
  return [...source.matchAll(DOC_COMMENT)].map(([, body = '']) =>
    body
      .replace(/^\s*\* ?/gm, '')
      .replace(/`[^`]*`|\{@link [^}]*\}/g, 'Code')
      .replace(/\s+/g, ' ')
      .trim(),
  )
}

/** Counts over all `comments`. A colon or a semicolon ends a sentence only before a capital letter. */
export function countProse(comments: readonly string[]): ProseCounts {
  const sentences = comments
    .flatMap((comment) => comment.split(/(?<=[.!?])\s+|(?<=[:;])\s+(?=[A-Z])/))
    .filter((sentence) => sentence !== '')
  const count = (pattern: RegExp) => sentences.filter((sentence) => pattern.test(sentence)).length
  return {
    comments: comments.length,
    sentences: sentences.length,
    leaning: count(LEANING),
    people: count(PEOPLE),
    whats: comments.filter((comment) => /^What\b/.test(comment)).length,
    long: sentences.filter((sentence) => sentence.split(' ').length > MAX_WORDS).length,
  }
}
