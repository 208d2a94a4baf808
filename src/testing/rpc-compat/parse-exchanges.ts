/** Reads `.io` files of execution-apis: `// comment`, `>> request`, `<< response`. */

export interface Exchange {
  /** The comments of the file, one line each. */
  readonly title: string
  readonly request: { readonly method: string; readonly params?: readonly unknown[] }
  readonly response: JsonRpcResponse
  /** True if only the form of the response counts. */
  readonly isSpecOnly: boolean
}

type JsonRpcResponse =
  | { readonly result: unknown; readonly error?: undefined }
  | { readonly error: { readonly code: number; readonly message: string; readonly data?: unknown } }

/** Returns the pairs of a file, in order. Throws on any unknown line, and on a request without a response. */
export function parseExchanges(text: string): readonly Exchange[] {
  const comments: string[] = []
  const exchanges: Exchange[] = []
  let request: Exchange['request'] | null = null
  for (const line of text.split('\n').map((each) => each.trim())) {
    const body = line.slice(2).trim()
    if (line === '') continue
    if (line.startsWith('//')) comments.push(body)
    else if (line.startsWith('>>') && request === null) request = JSON.parse(body)
    else if (line.startsWith('<<') && request !== null) {
      exchanges.push({ title: '', request, response: JSON.parse(body), isSpecOnly: false })
      request = null
    } else throw new Error(`a line that is none of an .io file: ${line.slice(0, 80)}`)
  }
  if (request !== null) throw new Error(`a request without a response: ${request.method}`)
  const isSpecOnly = comments.some((comment) => comment.startsWith('speconly:'))
  const title = comments.filter((comment) => !comment.startsWith('speconly:')).join('\n')
  return exchanges.map((exchange) => ({ ...exchange, title, isSpecOnly }))
}
