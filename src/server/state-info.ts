/** The description of a state. `bytes` counts its nodes and its codes, each code once. */
export interface StateInfo {
  readonly id: number
  /** The origin: the name of a known genesis, a file with its date, or the arguments of a generator. */
  readonly label: string
  /** 0: of no particular chain. */
  readonly chainId: number
  /** 64 hex digits. */
  readonly root: string
  /** The RLP of the header of the state's block, in hex. Left out: unknown. */
  readonly header?: string
  readonly accounts: number
  readonly slots: number
  readonly nodes: number
  readonly codes: number
  readonly bytes: number
}
