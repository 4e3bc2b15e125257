/** A script's talk with the brokers of one cluster, written down step by step. */
import type { Properties } from '../../core/config/index.ts';
import { codecVersions } from '../../core/protocol/codec.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../../core/protocol/messages/index.ts';
import type { Draft } from '../../core/protocol/schema.ts';
import { ZERO_UUID } from '../../core/protocol/uuid.ts';
import { Normaliser, type Plain } from './normalise.ts';
import { Wire } from './wire.ts';

/** What is waited for may need a session to end and brokers to start. */
const UNTIL_LIMIT_MS = 60_000;

export interface Step {
  readonly name: string;
  readonly answer: Plain;
}

/** The servers of a cluster of a script's own, to end and start. */
export interface Lives {
  /** In order: it hands over what it leads. */
  stop(brokerId: number): Promise<void>;
  kill(brokerId: number): Promise<void>;
  /** One that is down, on the data that it left. */
  start(brokerId: number): Promise<void>;
  /** Stops all and starts them with other properties. */
  restart(config: Properties): Promise<void>;
}

interface Script {
  readonly name: string;
  /** How many brokers it needs, which are controllers as well. */
  readonly brokers: 1 | 3;
}

/** One for a cluster that others use before and after it. */
export interface SharedScript extends Script {
  readonly run: (talk: Conversation) => Promise<void>;
}

/** One with a cluster of its own. */
export interface LonelyScript extends Script {
  /** Properties of the first start. */
  readonly config: Properties;
  readonly runAlone: (talk: Conversation, lives: Lives) => Promise<void>;
}

export type OracleScript = SharedScript | LonelyScript;

/** What the talk with all brokers of a cluster has in common. */
interface Shared {
  readonly ports: readonly number[];
  readonly normaliser: Normaliser;
  readonly steps: Step[];
  readonly names: Set<string>;
  readonly wires: Set<Wire>;
}

export class Conversation {
  readonly #shared: Shared;
  readonly #brokerId: number;
  #wire: Wire | null = null;

  private constructor(shared: Shared, brokerId: number) {
    this.#shared = shared;
    this.#brokerId = brokerId;
  }

  /** With the brokers at these ports, which have the ids from 1 on; it is the first that is asked. */
  static with(ports: readonly number[]): Conversation {
    const shared = { ports, normaliser: new Normaliser(ports), steps: [], names: new Set<string>(), wires: new Set<Wire>() };
    return new Conversation(shared, 1);
  }

  /** The same conversation, with another broker. */
  at(brokerId: number): Conversation {
    return new Conversation(this.#shared, brokerId);
  }

  get port(): number {
    const port = this.#shared.ports[this.#brokerId - 1];
    if (port === undefined) throw new Error(`there is no broker ${this.#brokerId}`);
    return port;
  }

  get steps(): readonly Step[] {
    return this.#shared.steps;
  }

  async connect(): Promise<Wire> {
    const wire = await Wire.open(this.port);
    this.#shared.wires.add(wire);
    return wire;
  }

  /** The connection, opened anew if it has been closed. */
  async wire(): Promise<Wire> {
    if (this.#wire === null || this.#wire.isClosed) this.#wire = await this.connect();
    return this.#wire;
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

  /** The id of a topic; waits until the broker knows it. */
  async topicId(name: string): Promise<string> {
    const request = { topics: [{ topicId: ZERO_UUID, name }], allowAutoTopicCreation: false };
    const { topics } = await this.until('Metadata', 12, request, ({ topics: [topic] }) => topic?.errorCode === 0);
    return topics[0]?.topicId ?? ZERO_UUID;
  }

  record(name: string, answer: unknown, context = ''): void {
    let unique = name;
    const { names, steps, normaliser } = this.#shared;
    for (let count = 2; names.has(unique); count++) unique = `${name} (${count})`;
    names.add(unique);
    steps.push({ name: unique, answer: normaliser.plain(answer, context) });
  }

  /** Asks until `found` likes the answer. */
  async until<A extends ApiName>(
    api: A,
    version: number,
    body: Draft<RequestTypes[A]>,
    found: (answer: ResponseTypes[A]) => boolean,
  ): Promise<ResponseTypes[A]> {
    for (const deadline = Date.now() + UNTIL_LIMIT_MS; Date.now() < deadline; ) {
      const answer = await this.quietly(api, version, body);
      if (found(answer)) return answer;
      await new Promise((resolve) => {
        setTimeout(resolve, 50);
      });
    }
    throw new Error(`${api} v${version} did not give what was waited for`);
  }

  close(): void {
    for (const wire of this.#shared.wires) wire.close();
  }
}

/** All versions that core's codec knows, from `lowest` on. */
export function versions(api: ApiName, lowest: number, highest = codecVersions(api)[1]): number[] {
  return Array.from({ length: highest - lowest + 1 }, (_, index) => lowest + index);
}
