/**
 * The code which browsers load from the package: its entries as an application's bundler splits them, with the modules
 * of each chunk. Builds in memory, from the output of `npm run build`.
 */
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type InlineConfig, type Rolldown } from 'vite'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export type Chunk = Rolldown.OutputChunk

/** The graph of the chunks of one entry. */
export class Bundle {
  readonly chunks: readonly Chunk[]
  /** The chunks loaded before the entry runs. */
  readonly first: readonly Chunk[]

  constructor(chunks: readonly Chunk[]) {
    this.chunks = chunks
    const entries = chunks.filter(({ isEntry }) => isEntry)
    this.first = this.#reach(entries, ({ imports }) => imports)
  }

  /** Returns the chunks loaded beside {@link first} before the module at `path` runs. */
  before(path: string): readonly Chunk[] {
    return this.#beside(this.#reach([this.#chunkOf(path)], ({ imports }) => imports))
  }

  /** Returns the chunks loaded beside {@link first} when the modules at `paths` run, now or later. */
  after(...paths: readonly string[]): readonly Chunk[] {
    const from = paths.map((path) => this.#chunkOf(path))
    return this.#beside(this.#reach(from, ({ imports, dynamicImports }) => [...imports, ...dynamicImports]))
  }

  #chunkOf(path: string): Chunk {
    const chunk = this.chunks.find((chunk) => modulesOf([chunk]).includes(path))
    if (chunk === undefined) throw new Error(`nothing imports ${path}`)
    return chunk
  }

  #reach(from: readonly Chunk[], importsOf: (chunk: Chunk) => readonly string[]): readonly Chunk[] {
    const reached = new Set(from)
    // A set also iterates over elements added meanwhile.
    for (const chunk of reached) {
      const names = importsOf(chunk)
      for (const imported of this.chunks) if (names.includes(imported.fileName)) reached.add(imported)
    }
    return [...reached]
  }

  #beside(chunks: readonly Chunk[]): readonly Chunk[] {
    return chunks.filter((chunk) => !this.first.includes(chunk))
  }
}

/** Returns the modules of `chunks` as paths below the repository. */
export function modulesOf(chunks: readonly Chunk[]): readonly string[] {
  return chunks.flatMap(({ moduleIds }) => moduleIds.map((id) => relative(ROOT, id)))
}

/** Bundles a file of `dist`, in an application with the packages in `external`. */
export async function bundleOf(entry: string, external: string[] = []): Promise<Bundle> {
  const input = join(ROOT, 'dist', entry)
  const rollupOptions = { input, external, preserveEntrySignatures: 'strict' } as const
  return builtWith({ configFile: false, build: { target: 'es2022', modulePreload: false, rollupOptions } })
}

/** Bundles a script shipped with the package: the output of `vite build --mode`. */
export async function bundleOfMode(mode: string): Promise<Bundle> {
  return builtWith({ mode })
}

async function builtWith(config: InlineConfig): Promise<Bundle> {
  const result = await build({ ...config, root: ROOT, logLevel: 'error', build: { ...config.build, write: false } })
  const outputs = [result].flat() as Rolldown.RolldownOutput[]
  return new Bundle(outputs.flatMap(({ output }) => output).filter((file) => file.type === 'chunk'))
}
