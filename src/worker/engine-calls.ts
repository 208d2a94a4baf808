/**
 * Calls of an engine as plain data: the one path by which a call crosses threads and tabs. The contract in `engine.ts`
 * gives each method its name, arguments and result. The compiler holds both ends of the path to the contract.
 */
import { ENGINE_METHODS, type Engine, type EngineMethod } from './engine.ts'

type Args = { readonly [M in EngineMethod]: Readonly<Parameters<Engine[M]>> }
type Values = { readonly [M in EngineMethod]: Awaited<ReturnType<Engine[M]>> }

/** A method with arguments that fit its parameters. */
export type EngineCall<M extends EngineMethod = EngineMethod> = {
  readonly [N in M]: { readonly method: N; readonly args: Args[N] }
}[M]

/** The methods that begin with an id of the caller. */
export type MethodWithId = {
  [M in EngineMethod]: Args[M] extends readonly [number, ...unknown[]] ? M : never
}[EngineMethod]

/** Makes a call on `engine`. */
export function callEngine<M extends EngineMethod>(
  engine: Engine,
  { method, args }: EngineCall<M>,
): Promise<Values[M]> {
  const methods: { readonly [N in EngineMethod]: (...args: Args[N]) => Promise<Values[N]> } = engine
  return methods[method](...args)
}

/**
 * Returns an engine that hands each of its calls to `call`. Its two casts mark the border to plain data: callers see
 * the types of {@link Engine}, and {@link callEngine} is the other end.
 */
export function engineOver(call: (call: EngineCall) => Promise<unknown>): Engine {
  const methodOf = (method: EngineMethod) => {
    return [method, (...args: readonly unknown[]) => call({ method, args } as EngineCall)] as const
  }
  return Object.fromEntries(ENGINE_METHODS.map(methodOf)) as unknown as Engine
}
