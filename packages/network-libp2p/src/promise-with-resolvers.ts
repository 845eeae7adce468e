/**
 * `Promise.withResolvers` (ES2024) where it is missing: libp2p 3 needs it and
 * Node 20 has none. Imported in one place, before libp2p loads.
 */

interface Resolvers<T> {
  promise: Promise<T>
  resolve: (value: T | PromiseLike<T>) => void
  reject: (reason?: unknown) => void
}

if (!('withResolvers' in Promise)) {
  Object.defineProperty(Promise, 'withResolvers', {
    value: withResolvers,
    writable: true,
    configurable: true,
  })
}

function withResolvers<T>(): Resolvers<T> {
  let resolve: Resolvers<T>['resolve'] | undefined
  let reject: Resolvers<T>['reject'] | undefined
  const promise = new Promise<T>((resolvePromise, rejectPromise) => {
    resolve = resolvePromise
    reject = rejectPromise
  })
  // The executor above has run by now, as the specification of Promise demands.
  if (resolve === undefined || reject === undefined) throw new Error('a promise without resolvers')
  return { promise, resolve, reject }
}
