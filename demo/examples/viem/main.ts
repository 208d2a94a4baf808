import { createLightClient } from 'rootlight'
import { type Address, createPublicClient, custom, erc20Abi, formatEther, formatUnits, type Hex } from 'viem'

const settings = new URLSearchParams(location.search)
const root = settings.get('root') as Hex
const address = settings.get('address') as Address
const token = settings.get('token') as Address | null

const client = await createLightClient({
  database: 'viem',
  chainId: Number(settings.get('chain')),
  peers: settings.getAll('peer'),
  worker: () => new Worker(new URL('rootlight/worker', import.meta.url), { type: 'module' }),
})
// Syncs everything: the page can read from now on, and offline once the sync is complete.
const sync = client.sync({ root })
sync.addEventListener('progress', ({ detail }) =>
  show('sync', `${detail.phase}, ${Math.floor(detail.fraction * 100)} %`),
)

const viem = createPublicClient({
  transport: custom(client.provider({ evm: () => import('rootlight/evm') }), { retryCount: 0 }),
})
viem.getBalance({ address }).then(
  (wei) => show('balance', formatEther(wei)),
  (error) => show('balance', error.message),
)
if (token !== null) void showTokens(token)

async function showTokens(token: Address): Promise<void> {
  const contract = { address: token, abi: erc20Abi }
  const [amount, decimals, symbol] = await Promise.all([
    viem.readContract({ ...contract, functionName: 'balanceOf', args: [address] }),
    viem.readContract({ ...contract, functionName: 'decimals' }),
    viem.readContract({ ...contract, functionName: 'symbol' }),
  ])
  show('tokens', `${formatUnits(amount, decimals)} ${symbol}`)
}

function show(id: string, text: string): void {
  document.querySelector<HTMLOutputElement>(`#${id}`)!.value = text
}
