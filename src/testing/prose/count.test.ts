import { expect, test } from 'vitest'
import { countProse, docComments } from './count.ts'

test('default: counts sentences that lean, comments that begin with "What", and long ones', () => {
  const source = `
/** Returns the page. It is full. */
const a = 1
/**
 * What nobody knows:
 * ${'word '.repeat(30)}.
 */
const b = 2`
  expect(countProse(docComments(source))).toEqual({
    comments: 2,
    sentences: 3,
    leaning: 2,
    people: 1,
    whats: 1,
    long: 1,
  })
})

test('behavior: code spans and links are no prose', () => {
  expect(docComments('/** `what it is` and {@link that} */')).toEqual(['Code and Code'])
})

test('behavior: other comments are not counted', () => {
  expect(docComments('// What it is.\n/* What it is. */')).toEqual([])
})
