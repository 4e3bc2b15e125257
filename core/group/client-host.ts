/** Hosts of clients in the form that groups tell and keep. */

/** As Java writes an address that it has no name for. */
export function hostAsJava(host: string): string {
  return host.startsWith('/') ? host : `/${host}`;
}
