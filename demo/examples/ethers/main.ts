import { BrowserProvider, Contract, formatEther, formatUnits } from 'ethers'
import { createLightClient } from 'rootlight'

const settings = new URLSearchParams(location.search)
const chainId = Number(settings.get('chain'))
const root = settings.get('root') ?? ''
const address = settings.get('address') ?? ''
const token = settings.get('token')

const client = await createLightClient({
  database: 'ethers',
  chainId,
  peers: settings.getAll('peer'),
  worker: () => new Worker(new URL('rootlight/worker', import.meta.url), { type: 'module' }),
})
// Keeps the account and all storage of the token up to date.
const sync = client.sync({ root, accounts: [address], storage: token === null ? {} : { [token]: 'all' } })
sync.addEventListener('progress', ({ detail }) =>
  show('sync', `${detail.phase}, ${Math.floor(detail.fraction * 100)} %`),
)

const ethers = new BrowserProvider(client.provider({ evm: () => import('rootlight/evm') }), chainId)
ethers.getBalance(address).then(
  (wei) => show('balance', formatEther(wei)),
  (error) => show('balance', error.message),
)
if (token !== null) void showTokens(token)

async function showTokens(token: string): Promise<void> {
  const abi = [
    'function balanceOf(address) view returns (uint256)',
    'function decimals() view returns (uint8)',
    'function symbol() view returns (string)',
  ]
  const contract = new Contract(token, abi, ethers)
  const read = (name: string, ...args: unknown[]) => contract.getFunction(name).staticCall(...args)
  const [amount, decimals, symbol] = await Promise.all([read('balanceOf', address), read('decimals'), read('symbol')])
  show('tokens', `${formatUnits(amount, decimals)} ${symbol}`)
}

function show(id: string, text: string): void {
  document.querySelector<HTMLOutputElement>(`#${id}`)!.value = text
}
