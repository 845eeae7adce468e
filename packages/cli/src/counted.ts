/** How many of what, in words. */
export function counted(count: number, noun: string): string {
  const many = /(ch|s|x)$/.test(noun) ? `${noun}es` : `${noun}s`
  return `${count.toLocaleString('en-GB')} ${count === 1 ? noun : many}`
}
