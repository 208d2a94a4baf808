/** Counts in English prose what makes a reader stop: pronouns without a name, comments that begin with "What", long sentences. */

export interface ProseCounts {
  readonly comments: number
  readonly sentences: number
  /** Sentences with a word that points elsewhere: it, its, that, what, those, them. */
  readonly leaning: number
  /** Sentences with who, whoever, whose, nobody or somebody. */
  readonly people: number
  /** Comments that begin with "What". */
  readonly whats: number
  /** Sentences of more than {@link MAX_WORDS} words. */
  readonly long: number
}

const MAX_WORDS = 25
const LEANING = /\b(it|its|that|what|those|them)\b/i
const PEOPLE = /\b(who|whoever|whose|nobody|somebody)\b/i
const DOC_COMMENT = /\/\*\*(.*?)\*\//gs

/** The texts of the doc comments of a TypeScript file, without code spans and links. */
export function docComments(source: string): string[] {
  return [...source.matchAll(DOC_COMMENT)].map(([, body = '']) =>
    body
      .replace(/^\s*\* ?/gm, '')
      .replace(/`[^`]*`|\{@link [^}]*\}/g, 'Code')
      .replace(/\s+/g, ' ')
      .trim(),
  )
}

/** Counts over some comments. A colon and a semicolon do not end a sentence unless a capital letter follows. */
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
