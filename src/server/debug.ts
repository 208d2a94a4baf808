/** The trace of a command on standard error, for the scopes named in `DEBUG`. */
import type { TraceEvent } from '../runtime/trace-text.ts'
import type { Terminal } from './progress-bar.ts'

/**
 * Returns a function writing one line for each event whose scope `debug` names: `rootlight` or `*` for all, or
 * `rootlight:serving`, with `*` as a wildcard, `,` between names, and `-` before excluded ones. Returns undefined if
 * `debug` names nothing of ours.
 */
export function debugLines(debug: string, stderr: Terminal): ((event: TraceEvent) => void) | undefined {
  const names = debug.split(/[\s,]+/).filter((name) => name !== '')
  const [wanted, excluded] = [patternsOf(names.filter((name) => !name.startsWith('-'))), patternsOf(excludedOf(names))]
  if (!names.some((name) => /^(\*|rootlight(:.*)?)$/.test(name))) return undefined
  return ({ at, scope, text }) => {
    const name = `rootlight:${scope}`
    if (!wanted.some((pattern) => pattern.test(name)) || excluded.some((pattern) => pattern.test(name))) return
    stderr.write(`${new Date(at).toISOString()} ${name} ${text.replace(/\p{Cc}+/gu, ' ')}\n`)
  }
}

function excludedOf(names: readonly string[]): string[] {
  return names.filter((name) => name.startsWith('-')).map((name) => name.slice(1))
}

function patternsOf(names: readonly string[]): RegExp[] {
  return names.map((name) => {
    const parts = (name === 'rootlight' ? 'rootlight:*' : name).split('*')
    return new RegExp(`^${parts.map((part) => part.replace(/[^\w:]/g, '\\$&')).join('.*')}$`)
  })
}
