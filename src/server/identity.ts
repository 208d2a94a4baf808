/** The private key of a server in its data directory: made once, so that its peer id stays the same. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createPrivateKey } from '../network/listening-node.ts'

/** The key in `directory`; both are made if they are not there. */
export async function identityIn(directory: string): Promise<Uint8Array> {
  const path = join(directory, 'identity')
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const key = await createPrivateKey()
    await mkdir(directory, { recursive: true })
    await writeFile(path, key, { mode: 0o600 })
    return key
  }
}
