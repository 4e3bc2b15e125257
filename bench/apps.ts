/**
 * Applications on trial: what a seed of the guide's services costs, what a campaign takes from its cold start on, and the same test in real time, against a
 * cluster of `serve()`: two processes of the same service, the same inputs, the same number of them a second, and no faults.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Kafka, logLevel } from 'kafkajs';
import { appScenario } from '../apps/app-scenario.ts';
import type { RecordExpectation } from '../apps/expectations.ts';
import { campaign } from '../campaign/campaign.ts';
import { prepared } from '../campaign/prepare.ts';
import { planOf, runScenario } from '../campaign/run-scenario.ts';
import type { Scenario } from '../scenarios/scenario.ts';
import { serve } from '../server/serve.ts';
import { keyValueStore } from '../sim/service/key-value-store.ts';
import type { Figure } from './figure.ts';
import { spread, stopwatch } from './statistics.ts';

const SERVICES = new URL('../docs/examples/services/', import.meta.url);
const EXPECTED: Readonly<Record<string, RecordExpectation>> = {
  invoices: { atLeastOncePer: 'orderId', in: 'invoices' },
  'payments-once': { exactlyOncePer: 'orderId', in: 'payments-db' },
  'invoices-platformatic': { atLeastOncePer: 'orderId', in: 'invoices' },
  'invoices-exactly-once': { exactlyOncePer: 'orderId', in: 'invoices' },
};
/** Of the trial: in a real second as many are written. */
const INPUTS_PER_SECOND = 200 / 23;

export async function measureApps(quick: boolean): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const name of quick ? ['invoices'] : Object.keys(EXPECTED)) figures.push(...(await measureSeeds(name, quick ? 10 : 30)));
  const simulated = await measureCampaign(quick ? 10 : 50);
  const real = await measureReal(quick ? 5 : 20);
  return [
    ...figures,
    ...simulated.figures,
    {
      id: 'apps.real.per-second',
      title: 'the same in real time, for a second of it',
      unit: 'ms',
      clock: 'wall',
      value: spread([real]),
    },
    {
      id: 'apps.ratio',
      title: 'real time against the campaign, for a second of it',
      unit: 'x',
      clock: 'wall',
      value: spread([real / simulated.perSecondMs]),
      target: { at: 'least', value: 20 },
    },
  ];
}

async function scenarioOf(name: string): Promise<Scenario> {
  return await prepared(
    appScenario({
      entry: new URL(`${name}.ts`, SERVICES),
      topics: { orders: 3, invoices: 3 },
      inputs: { orders: 200 },
      services: name.startsWith('payments') ? { 'payments-db': keyValueStore() } : {},
      expect: EXPECTED[name] as RecordExpectation,
      restartAfterMs: 1_000,
    }),
  );
}

/** As many seeds before the first that counts as there are that count. */
async function measureSeeds(name: string, seeds: number): Promise<Figure[]> {
  const scenario = await scenarioOf(name);
  const cpu: number[] = [];
  const perSecond: number[] = [];
  for (let seed = 1; seed <= 2 * seeds; seed++) {
    const elapsed = stopwatch();
    const { simulatedMs } = await runScenario(scenario, planOf(scenario, seed));
    const { threadMs } = elapsed();
    if (seed <= seeds) continue;
    cpu.push(threadMs);
    perSecond.push((threadMs / simulatedMs) * 1_000);
  }
  return [
    {
      id: `apps.${name}.seed`,
      title: `${name}, a seed`,
      unit: 'ms',
      clock: 'cpu',
      value: spread(cpu),
      ...(name === 'invoices' ? { target: { at: 'most', value: 150 } } : {}),
    },
    { id: `apps.${name}.per-second`, title: `${name}, a simulated second`, unit: 'ms', clock: 'cpu', value: spread(perSecond) },
  ];
}

/** On two workers, their start and the bundling of the service included. */
async function measureCampaign(seeds: number): Promise<{ readonly figures: Figure[]; readonly perSecondMs: number }> {
  const elapsed = stopwatch();
  let simulatedMs = 0;
  await campaign({
    scenarios: [fileURLToPath(new URL('scenario.ts', SERVICES))],
    seeds: { from: 1, to: seeds },
    workers: 2,
    onOutcome: (outcome) => {
      simulatedMs += outcome.simulatedMs;
    },
  });
  const { wallMs } = elapsed();
  const perSecondMs = (wallMs / simulatedMs) * 1_000;
  const campaignOf: Figure = {
    id: 'apps.campaign',
    title: `invoices, a campaign of ${seeds} seeds on two workers`,
    unit: 's',
    clock: 'wall',
    value: spread([wallMs / 1_000]),
    ...(seeds === 50 ? { target: { at: 'most', value: 10 } } : {}),
  };
  const second: Figure = {
    id: 'apps.campaign.per-second',
    title: 'the campaign, for a simulated second',
    unit: 'ms',
    clock: 'wall',
    value: spread([perSecondMs]),
  };
  return { figures: [campaignOf, second], perSecondMs };
}

/** Milliseconds for each second in which inputs were written: with the start of cluster and service, and until everything was done. */
async function measureReal(seconds: number): Promise<number> {
  const elapsed = stopwatch();
  const topics = ['orders', 'invoices'].map((name) => ({ name, partitions: 3, replicationFactor: 3 }));
  const cluster = await serve({ port: 0, brokers: 3, topics, quiet: true });
  const brokers = cluster.bootstrapServers;
  const children = [1, 2].map(() => service(brokers));
  try {
    const kafka = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
    const producer = kafka.producer();
    await producer.connect();
    const count = Math.round(seconds * INPUTS_PER_SECOND);
    for (let index = 0; index < count; index++) {
      const sent = performance.now();
      await producer.send({
        topic: 'orders',
        messages: [{ key: `customer-${index % 10}`, value: JSON.stringify({ orderId: `orders-${index}` }) }],
      });
      await sleep(Math.max(0, 1_000 / INPUTS_PER_SECOND - (performance.now() - sent)));
    }
    await invoicesOf(kafka, count);
    await producer.disconnect();
  } finally {
    for (const child of children) child.kill('SIGKILL');
    await cluster.stop();
  }
  return elapsed().wallMs / seconds;
}

function service(brokers: string): ChildProcess {
  const entry = fileURLToPath(new URL('invoices.ts', SERVICES));
  return spawn(process.execPath, ['--disable-warning=TimeoutNegativeWarning', entry], {
    env: { ...process.env, KAFKA_BROKERS: brokers },
    stdio: 'ignore',
  });
}

/** Waits until there are as many invoices. */
async function invoicesOf(kafka: Kafka, count: number): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  for (;;) {
    const offsets = await admin.fetchTopicOffsets('invoices');
    if (offsets.reduce((sum, { high }) => sum + Number(high), 0) >= count) break;
    await sleep(100);
  }
  await admin.disconnect();
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms));
}
