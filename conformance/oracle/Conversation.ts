/** A script's talk with one server, written down step by step. */
import { codecVersions } from '../../core/protocol/codec.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../../core/protocol/messages/index.ts';
import type { Draft } from '../../core/protocol/schema.ts';
import { Normaliser, type Plain } from './normalise.ts';
import { Wire } from './Wire.ts';

export interface Step {
  readonly name: string;
  readonly answer: Plain;
}

export interface OracleScript {
  readonly name: string;
  readonly run: (talk: Conversation) => Promise<void>;
}

export class Conversation {
  readonly port: number;
  readonly steps: Step[] = [];
  readonly #normaliser: Normaliser;
  readonly #wires: Wire[] = [];
  readonly #names = new Set<string>();

  constructor(port: number) {
    this.port = port;
    this.#normaliser = new Normaliser(port);
  }

  async connect(): Promise<Wire> {
    const wire = await Wire.open(this.port);
    this.#wires.push(wire);
    return wire;
  }

  /** The first connection, opened anew if it has been closed. */
  async wire(): Promise<Wire> {
    const open = this.#wires[0];
    if (open !== undefined && !open.isClosed) return open;
    const wire = await Wire.open(this.port);
    this.#wires[0] = wire;
    return wire;
  }

  /** Asks and writes the answer down. */
  async ask<A extends ApiName>(
    step: string,
    api: A,
    version: number,
    body: Draft<RequestTypes[A]>,
  ): Promise<ResponseTypes[A] | null> {
    const wire = await this.wire();
    const answer = await wire.call(api, version, body);
    // What comes after a request that is never answered would not be read either.
    if (answer === 'nothing') wire.close();
    this.record(`${api} v${version} ${step}`, answer, api);
    return typeof answer === 'string' ? null : answer;
  }

  /** Asks and writes nothing down: for what only prepares. Throws if there is no answer. */
  async quietly<A extends ApiName>(api: A, version: number, body: Draft<RequestTypes[A]>): Promise<ResponseTypes[A]> {
    const answer = await (await this.wire()).call(api, version, body);
    if (typeof answer === 'string') throw new Error(`${api} v${version}: ${answer}`);
    return answer;
  }

  record(name: string, answer: unknown, context = ''): void {
    let unique = name;
    for (let count = 2; this.#names.has(unique); count++) unique = `${name} (${count})`;
    this.#names.add(unique);
    this.steps.push({ name: unique, answer: this.#normaliser.plain(answer, context) });
  }

  /** Asks until `found` likes the answer. */
  async until<A extends ApiName>(
    api: A,
    version: number,
    body: Draft<RequestTypes[A]>,
    found: (answer: ResponseTypes[A]) => boolean,
  ): Promise<ResponseTypes[A]> {
    for (let attempt = 0; attempt < 200; attempt++) {
      const answer = await this.quietly(api, version, body);
      if (found(answer)) return answer;
      await new Promise((resolve) => {
        setTimeout(resolve, 50);
      });
    }
    throw new Error(`${api} v${version} did not give what was waited for`);
  }

  close(): void {
    for (const wire of this.#wires) wire.close();
  }
}

/** All versions that both Kafka 4.0 and core's codec know: from `lowest` on. */
export function versions(api: ApiName, lowest: number, highest = codecVersions(api)[1]): number[] {
  return Array.from({ length: highest - lowest + 1 }, (_, index) => lowest + index);
}
