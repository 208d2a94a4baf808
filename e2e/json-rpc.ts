/** JSON-RPC over HTTP, in the shape of EIP-1193: for the clients of other teams in comparisons. */

export interface RpcClient {
  request(args: { readonly method: string; readonly params?: unknown }): Promise<unknown>
}

/** Returns a client. An answer with an error rejects with the error's code, message and data. */
export function rpcClient(url: string): RpcClient {
  let id = 0
  return {
    async request({ method, params = [] }) {
      const body = JSON.stringify({ jsonrpc: '2.0', id: ++id, method, params })
      const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
      const { result, error } = (await response.json()) as Answer
      if (error === undefined) return result
      throw Object.assign(new Error(error.message), { code: error.code, data: error.data })
    },
  }
}

interface Answer {
  readonly result?: unknown
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown }
}
