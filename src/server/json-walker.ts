/**
 * Walks a JSON text arriving in pieces, and calls back for each value with its keys. Nothing but the current keys is
 * kept. The tokens come from `@streamparser/json`; the parser of that package would keep every account whole.
 */
import { type ParsedTokenInfo, Tokenizer, TokenizerError, TokenType } from '@streamparser/json'
import { MAX_JSON_DEPTH, MAX_JSON_TOKEN_BYTES } from './constants.ts'

/** A JSON value other than an object or an array. A bigint is an integer that a number cannot hold exactly. */
export type Scalar = string | number | bigint | boolean | null

/**
 * The callbacks of a walk. `keys` lead from the root to the value, and must not be kept. An array's elements have the
 * key `''`.
 */
export interface JsonVisitor {
  onScalar(keys: readonly string[], value: Scalar): void
  onOpen(keys: readonly string[], kind: 'object' | 'array'): void
  onClose(keys: readonly string[], kind: 'object' | 'array'): void
}

type Expected = 'value' | 'keyOrEnd' | 'key' | 'colon' | 'valueOrEnd' | 'commaOrEnd' | 'nothing'

/**
 * Walks one text: call `write` for each piece, then `end`. Both throw `SyntaxError` for invalid JSON, and pass on the
 * visitor's errors.
 */
export class JsonWalker {
  readonly #visitor: JsonVisitor
  readonly #tokenizer = new ExactTokenizer()
  readonly #open: ('object' | 'array')[] = []
  readonly #keys: string[] = []
  #expected: Expected = 'value'
  /** The first byte of the last token. */
  #at = 0
  #written = 0

  constructor(visitor: JsonVisitor) {
    this.#visitor = visitor
    this.#tokenizer.onToken = (token) => this.#take(token)
  }

  get at(): number {
    return this.#at
  }

  write(chunk: Uint8Array): void {
    try {
      this.#tokenizer.write(chunk)
    } catch (cause) {
      if (cause instanceof TokenizerError) throw new SyntaxError(cause.message, { cause })
      throw isEncodingError(cause) ? new SyntaxError('the text is not UTF-8', { cause }) : cause
    }
    this.#written += chunk.length
    if (this.#written - this.#at > MAX_JSON_TOKEN_BYTES) {
      throw new SyntaxError(`a word has more than ${MAX_JSON_TOKEN_BYTES} bytes`)
    }
  }

  end(): void {
    try {
      this.#tokenizer.end()
    } catch (cause) {
      if (cause instanceof TokenizerError) throw new SyntaxError('the text ends in the middle of a word', { cause })
      throw cause // the visitor may refuse a number at the end of the text
    }
    if (this.#expected !== 'nothing') throw new SyntaxError('the text ends too early')
  }

  #take({ token, value, offset }: ParsedTokenInfo): void {
    this.#at = offset
    if (token === TokenType.LEFT_BRACE) this.#enter('object')
    else if (token === TokenType.LEFT_BRACKET) this.#enter('array')
    else if (token === TokenType.RIGHT_BRACE) this.#leave('object', 'keyOrEnd')
    else if (token === TokenType.RIGHT_BRACKET) this.#leave('array', 'valueOrEnd')
    else if (token === TokenType.COLON) this.#step('colon', 'value')
    else if (token === TokenType.COMMA) this.#step('commaOrEnd', this.#open.at(-1) === 'array' ? 'value' : 'key')
    else if (this.#expected === 'key' || this.#expected === 'keyOrEnd') this.#takeKey(value as Scalar)
    else this.#takeScalar(value as Scalar)
  }

  #takeScalar(value: Scalar): void {
    this.#beginValue()
    this.#visitor.onScalar(this.#keys, typeof value === 'number' ? this.#tokenizer.exact(value) : value)
    this.#endValue()
  }

  #takeKey(value: Scalar): void {
    if (typeof value !== 'string') throw new SyntaxError('a key is a string')
    this.#keys.push(value)
    this.#expected = 'colon'
  }

  #enter(kind: 'object' | 'array'): void {
    this.#beginValue()
    this.#visitor.onOpen(this.#keys, kind)
    if (this.#open.push(kind) > MAX_JSON_DEPTH) throw new SyntaxError(`more than ${MAX_JSON_DEPTH} levels are open`)
    this.#expected = kind === 'object' ? 'keyOrEnd' : 'valueOrEnd'
  }

  #leave(kind: 'object' | 'array', empty: Expected): void {
    if (this.#open.at(-1) !== kind || (this.#expected !== 'commaOrEnd' && this.#expected !== empty)) this.#unexpected()
    this.#open.pop()
    this.#visitor.onClose(this.#keys, kind)
    this.#endValue()
  }

  #beginValue(): void {
    if (this.#expected !== 'value' && this.#expected !== 'valueOrEnd') this.#unexpected()
    if (this.#open.at(-1) === 'array') this.#keys.push('')
  }

  #endValue(): void {
    this.#keys.pop()
    this.#expected = this.#open.length === 0 ? 'nothing' : 'commaOrEnd'
  }

  #step(from: Expected, to: Expected): void {
    if (this.#expected !== from) this.#unexpected()
    this.#expected = to
  }

  #unexpected(): never {
    throw new SyntaxError(`expected ${EXPECTED_TEXT[this.#expected]}`)
  }
}

/** Remembers the digits of the last number. */
class ExactTokenizer extends Tokenizer {
  #digits = ''

  /** Returns `number`, the last one read, or a bigint of all digits if a number cannot hold them. */
  exact(number: number): number | bigint {
    if (Number.isSafeInteger(number) || this.#digits.length > MAX_DIGITS) return number
    return /^-?[0-9]+$/.test(this.#digits) ? BigInt(this.#digits) : number
  }

  protected override parseNumber(digits: string): number {
    this.#digits = digits
    return Number(digits)
  }
}

/** The digits of an integer of 256 bits, with sign. A genesis cannot hold a longer one. */
const MAX_DIGITS = 80

function isEncodingError(error: unknown): boolean {
  return error instanceof TypeError && (error as NodeJS.ErrnoException).code === 'ERR_ENCODING_INVALID_ENCODED_DATA'
}

const EXPECTED_TEXT: Record<Expected, string> = {
  value: 'a value',
  keyOrEnd: 'a key or }',
  key: 'a key',
  colon: 'a colon',
  valueOrEnd: 'a value or ]',
  commaOrEnd: 'a comma or the end of the list',
  nothing: 'the end of the text',
}
