/** Names and addresses of the simulated network, as programs want them: each process has an IPv4 address. */

export class Hosts {
  readonly #own: string;
  /** By name, in the order of the plan. */
  readonly #addresses: ReadonlyMap<string, string>;
  readonly #names: ReadonlyMap<string, string>;

  /** `own`: what `localhost` is. */
  constructor(own: string, names: readonly string[]) {
    this.#own = own;
    this.#addresses = new Map(names.map((name, index) => [name, `10.0.${index >> 8}.${(index & 0xff) + 1}`]));
    this.#names = new Map([...this.#addresses].map(([name, address]) => [address, name]));
  }

  /** The process that is meant by a name or an address; null: there is none. */
  nameOf(host: string): string | null {
    if (/^(localhost|127\.\d+\.\d+\.\d+|::1|0\.0\.0\.0)$/.test(host)) return this.#own;
    return this.#addresses.has(host) ? host : (this.#names.get(host) ?? null);
  }

  /** Of a name or an address that there is. */
  addressOf(host: string): string {
    return this.#addresses.get(this.nameOf(host) ?? '') ?? '127.0.0.1';
  }
}
