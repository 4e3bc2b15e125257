/**
 * Names and addresses of the simulated network, as programs want them: each process has an IPv4 address. A client of the plan of which there is one
 * process is known by its name without the number too (`payments-db` for `payments-db-1`), and by the `hosts` of its params.
 */
import type { Plan } from '../sim/plan.ts';
import { processesOf } from '../sim/run.ts';

export class Hosts {
  readonly #own: string;
  /** By name, in the order of the plan. */
  readonly #addresses: ReadonlyMap<string, string>;
  readonly #names: ReadonlyMap<string, string>;
  /** Processes, by the other names that they have. */
  readonly #aliases: ReadonlyMap<string, string>;

  /** `own`: what `localhost` is. */
  constructor(own: string, names: readonly string[], aliases: ReadonlyMap<string, string> = new Map()) {
    this.#own = own;
    this.#addresses = new Map(names.map((name, index) => [name, `10.0.${index >> 8}.${(index & 0xff) + 1}`]));
    this.#names = new Map([...this.#addresses].map(([name, address]) => [address, name]));
    this.#aliases = aliases;
  }

  /** The process that is meant by a name or an address; null: there is none. */
  nameOf(host: string): string | null {
    if (/^(localhost|127\.\d+\.\d+\.\d+|::1|0\.0\.0\.0)$/.test(host)) return this.#own;
    return this.#addresses.has(host) ? host : (this.#aliases.get(host) ?? this.#names.get(host) ?? null);
  }

  /** Of a name or an address that there is. */
  addressOf(host: string): string {
    return this.#addresses.get(this.nameOf(host) ?? '') ?? '127.0.0.1';
  }
}

/** Those of a plan, as the process `own` sees them. */
export function hostsOf(own: string, plan: Plan): Hosts {
  const aliases = new Map<string, string>();
  for (const { name, params, workload } of plan.clients) {
    if (plan.clients.filter((client) => client.workload === workload).length === 1) aliases.set(workload, name);
    const { hosts } = params;
    if (typeof hosts === 'string') for (const host of hosts.split(',')) aliases.set(host, name);
  }
  return new Hosts(own, processesOf(plan), aliases);
}
