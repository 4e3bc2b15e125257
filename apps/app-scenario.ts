/**
 * A scenario about one application: a cluster, its topics, what is written to them, and what the application must make of it.
 *
 *     export default appScenario({
 *       name: 'orders', entry: './src/order-service.ts', topics: { orders: 3, invoices: 3 }, instances: 2,
 *       inputs: { orders: 200 }, expect: { exactlyOncePer: 'orderId', in: 'invoices' },
 *     });
 */
import type { FaultKind } from '../sim/faults/registry.ts';
import type { Service } from '../sim/service/service.ts';
import type { Workload } from '../sim/workload/context.ts';
import { type Scenario, scenario, type ScenarioClient, ScenarioError } from '../scenarios/scenario.ts';
import { service } from '../scenarios/workloads/service.ts';
import { app, type AppOptions } from './app.ts';
import { type Expectation, expectations, type Per, PROCESSED } from './expectations.ts';

/** So many records, or these: `make` is called with 0, 1, 2, ... */
export type Input = number | { readonly count: number; readonly make: (index: number) => InputRecord };

export interface InputRecord {
  readonly key?: string | null;
  /** Must differ from that of every other input. */
  readonly value: string;
}

export interface AppScenarioOptions extends AppOptions {
  /** Small letters, digits and "-". Default `application`. */
  readonly name?: string;
  /** Partitions by topic; each is replicated to up to three brokers. */
  readonly topics: Readonly<Record<string, number>>;
  /** Processes that run the application. Default 2. */
  readonly instances?: number;
  /** What is written to topics while the cluster has its faults. */
  readonly inputs: Readonly<Record<string, Input>>;
  /** What the application asks by HTTP, by host: `http://payments-db/keys/1`. Ready-made: `keyValueStore()`. */
  readonly services?: Readonly<Record<string, Service>>;
  readonly expect: Expectation;
  /** Default 3. */
  readonly brokers?: number;
  /** How long faults happen, simulated ms. Default 20,000. */
  readonly chaosMs?: number;
  /** `none`, or kinds of `trial list faults`. By default what befalls brokers, the network and the application's own processes. */
  readonly faults?: 'none' | readonly FaultKind[];
  /** Most faults of a seed. Default 5. */
  readonly faultsAtMost?: number;
}

const FAULTS: readonly FaultKind[] = [
  ...([
    'crash',
    'controlled-shutdown',
    'pause',
    'isolate',
    'client-crash',
    'client-cut',
    'reset-connections',
    'latency-storm',
  ] as const),
];
/** Few partitions for the coordinators, as in a cluster for tests: 50 of each, Kafka's default, would take half of the time. */
const COORDINATORS = { 'offsets.topic.num.partitions': 3, 'transaction.state.log.num.partitions': 3 };
const WARM_UP_MS = 3_000;
/** Records of the default kind fall to so many keys. */
const KEYS = 10;

/** Throws ScenarioError with one sentence if it can't be used. */
export function appScenario(options: AppScenarioOptions): Scenario {
  const { name = 'application', topics, instances = 2, inputs, services = {}, expect, brokers = 3, chaosMs = 20_000 } = options;
  const { faults = FAULTS, faultsAtMost = 5, ...program } = options;
  checkNames(name, options);
  const writers = Object.entries(inputs).map(
    ([topic, input]): ScenarioClient => ({
      name: `inputs-${topic.replaceAll(/[^a-zA-Z0-9-]/g, '-')}`,
      count: 1,
      run: inputWriter(topic, input, expect, WARM_UP_MS + chaosMs),
    }),
  );
  return scenario({
    name,
    about: `the application ${String(options.entry)}`,
    cluster: { brokers, controllers: Math.min(3, brokers), combined: true, properties: COORDINATORS },
    topics: Object.entries(topics).map(([topic, partitions]) => ({
      name: topic,
      partitions,
      replicationFactor: Math.min(3, brokers),
      configs: { 'min.insync.replicas': String(Math.min(2, brokers)) },
    })),
    clients: [...writers, ...Object.entries(services).map(serviceClient), { name: 'app', count: instances, run: app(program) }],
    warmUpMs: WARM_UP_MS,
    chaosMs,
    faults: faults === 'none' ? 'none' : { kinds: faults, atLeast: 1, atMost: faultsAtMost },
    checks: [expectations(expect, Object.keys(inputs), Object.keys(topics), serviceNames(services))],
  });
}

/** What is read and written must be there. */
function checkNames(name: string, { topics, inputs, services = {}, expect }: AppScenarioOptions): void {
  const unknown = Object.keys(inputs).find((topic) => !Object.hasOwn(topics, topic));
  const known = [...Object.keys(topics), ...Object.keys(services), PROCESSED];
  const missing = unknown ?? (typeof expect === 'function' || known.includes(expect.in) ? undefined : expect.in);
  if (missing === undefined) return;
  const there = unknown === undefined ? `there are ${known.join(', ')}` : `topics has ${Object.keys(topics).join(', ')}`;
  throw new ScenarioError(
    `scenario ${name}: there is no ${unknown === undefined ? 'topic or service' : 'topic'} "${missing}": ${there}`,
  );
}

function serviceClient([host, implementation]: [string, Service]): ScenarioClient {
  return { name: clientName(host), count: 1, run: service(implementation), params: { hosts: host } };
}

/** `api-example-com` for `api.example.com`. */
function clientName(host: string): string {
  return host.toLowerCase().replaceAll(/[^a-z0-9-]/g, '-');
}

/** By what they are called in the history, what they are called in expectations. */
function serviceNames(services: Readonly<Record<string, Service>>): ReadonlyMap<string, string> {
  return new Map(Object.keys(services).map((host) => [clientName(host), host]));
}

/** Writes its records one after the other, each until it is acknowledged, spread over the time that there is. */
function inputWriter(topic: string, input: Input, expect: Expectation, withinMs: number): Workload {
  const { count, make } = typeof input === 'number' ? { count: input, make: recordsFor(topic, expect) } : input;
  return async (context) => {
    const producer = context.producer({ acks: 'all', 'enable.idempotence': true });
    const pending: Promise<unknown>[] = [];
    const pauseMs = Math.max(1, Math.floor(withinMs / count));
    for (let index = 0; index < count && context.writing(); index++) {
      const { key = null, value } = make(index);
      pending.push(producer.send({ topic, key, value }));
      await context.sleep(pauseMs);
    }
    await Promise.all(pending);
    await producer.close();
  };
}

/** JSON with the fields that are asked for: `{"orderId":"orders-7","customer":"customer-7","n":7}`. */
function recordsFor(topic: string, expect: Expectation): (index: number) => InputRecord {
  const fields = (per: Per | undefined, otherwise: string): string => (typeof per === 'string' ? per : otherwise);
  const { exactlyOncePer, atLeastOncePer, inOrderPer } = typeof expect === 'function' ? {} : expect;
  const id = fields(exactlyOncePer ?? atLeastOncePer, 'id');
  const group = fields(inOrderPer, 'customer');
  return (index) => {
    const key = `${group}-${index % KEYS}`;
    return { key, value: JSON.stringify({ [id]: `${topic}-${index}`, [group]: key, n: index }) };
  };
}
