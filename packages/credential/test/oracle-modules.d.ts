/** What the tests use of independent implementations that come without types. */
declare module 'jsonld' {
  type Loader = (url: string) => Promise<{ contextUrl: null; documentUrl: string; document: unknown }>
  const jsonld: {
    toRDF(
      document: unknown,
      options: { documentLoader: Loader; safe: boolean; format: 'application/n-quads' },
    ): Promise<string>
  }
  export default jsonld
}

declare module 'jsonld-signatures' {
  const signatures: {
    readonly purposes: { readonly AssertionProofPurpose: new () => object }
    sign(document: object, options: object): Promise<Record<string, unknown>>
    verify(document: object, options: object): Promise<{ readonly verified: boolean }>
  }
  export default signatures
}

declare module '@digitalbazaar/data-integrity' {
  export const DataIntegrityProof: new (options: object) => object
}

declare module '@digitalbazaar/eddsa-jcs-2022-cryptosuite' {
  export function createSignCryptosuite(): object
  export function createVerifyCryptosuite(): object
}
