/** The phase settle: within a time that Kafka's time-outs give, a healed cluster must be whole again and take new writes. */
import { millis } from '../../ports/time.ts';
import { LONGEST_STALENESS_MS } from '../../core/client/metadata.ts';
import { kafkaEnvironment } from '../kafka-environment.ts';
import { bootstrapServers } from '../cluster.ts';
import {
  BROKER_CONFIG,
  type BrokerConfigName,
  type ConfigKeys,
  type ConfigTable,
  CONSUMER_CONFIG,
  numberGiven,
  PRODUCER_CONFIG,
} from '../../core/config/index.ts';
import type { Unmet } from '../observe.ts';
import type { Plan } from '../plan.ts';
import { type FailedProbe, probeEveryPartition, probeWith } from '../workload/final.ts';
import type { RunParts } from './parts.ts';
import { Patience } from './patience.ts';
import { HARNESS } from './stage.ts';

type Parts = Pick<
  RunParts,
  'plan' | 'world' | 'applications' | 'recorder' | 'guarantees' | 'checkers' | 'findings' | 'refused' | 'pace' | 'start' | 'view'
>;

const READ_BY_PROGRAM = 'a program that reads the topics would take a probe for a record of its own';

/** A violation of what is unmet, or of L9 or L14, if it does not settle. */
export async function settle(run: Parts): Promise<void> {
  run.pace.enter('settle');
  const limitMs = settleLimitMs(run.plan);
  if (!(await settled(run, limitMs, 'everything was healed'))) return;
  await probe(run, limitMs);
  await probeProducers(run, limitMs);
  await settled(run, limitMs, 'the last write');
  run.findings.evaluated('A2');
  for (const { property, message, facts } of run.applications.abandonedGroups()) run.findings.violated(property, message, facts);
}

async function settled(run: Parts, limitMs: number, since: string): Promise<boolean> {
  const beganUs = run.world.now;
  let unmet = null as Unmet | null;
  const patience = new Patience(limitMs, beganUs, run.recorder.acknowledged);
  const hasEnded = (): boolean => {
    unmet = unsettled(run);
    if (unmet === null) return true;
    const { progress } = unmet;
    if (progress !== undefined) patience.heard(progress.of, progress.at, run.world.now);
    return patience.isOver(run.world.now);
  };
  await run.pace.until(1_000, patience.longestMs, hasEnded);
  if (unmet === null) return true;
  const waitedMs = millis(run.world.now - beganUs);
  run.findings.violated(
    unmet.property,
    `not settled ${waitedMs} ms after ${since}: ${unmet.message}${run.refused.about(unmet.concerns ?? [])}`,
    unmet.facts,
  );
  return false;
}

function unsettled({ applications, checkers, guarantees, view: look }: Parts): Unmet | null {
  const unfinished = applications.unfinished((id) => guarantees.decisionExcused('L8', id));
  if (unfinished !== null) return unfinished;
  const view = look();
  for (const checker of checkers) {
    const unmet = checker.unsettled?.(view) ?? null;
    if (unmet !== null) return unmet;
  }
  return null;
}

/** New writes must succeed on every partition that Kafka itself can serve. */
async function probe(run: Parts, limitMs: number): Promise<void> {
  const { plan, recorder, findings, refused } = run;
  if (run.applications.havePrograms) {
    findings.excuse('L9', READ_BY_PROGRAM);
    return;
  }
  const excused = run.guarantees.unavailablePartitions();
  let failed = null as readonly FailedProbe[] | null;
  run.start(HARNESS);
  run.world.process(HARNESS).spawn(async (env) => {
    failed = await probeEveryPartition(kafkaEnvironment(env), recorder, plan, bootstrapServers(plan), excused);
  });
  await run.pace.until(200, limitMs, () => failed !== null);
  findings.evaluated('L9');
  const last = refused.about(['Produce']);
  if (failed === null) {
    findings.violated('L9', `writes to every partition did not end within ${limitMs} ms after heal${last}`);
    return;
  }
  const [first] = failed;
  if (first === undefined) return;
  const sentences = failed.map(({ partition, error }) => `a write to ${partition} failed with ${error}`);
  findings.violated('L9', `after heal, ${sentences.join('; ')}${last}`, { partition: first.partition });
}

/** So must those of producers that have lived through it all: what they keep of their partitions may be wrong as well. */
async function probeProducers(run: Parts, limitMs: number): Promise<void> {
  const { plan, world, findings, refused } = run;
  if (run.applications.havePrograms) {
    findings.excuse('L14', READ_BY_PROGRAM);
    return;
  }
  const excused = run.guarantees.unavailablePartitions();
  const waitedFor = new Set(run.applications.plainProducers().filter(({ topics }) => topics.size > 0));
  if (waitedFor.size === 0) return;
  const failed: { readonly client: string; readonly probe: FailedProbe }[] = [];
  for (const producer of waitedFor) {
    const { client } = producer.session;
    world.process(client).spawn(async () => {
      for (const probe of await probeWith(producer, plan, excused)) failed.push({ client, probe });
      waitedFor.delete(producer);
    });
  }
  await run.pace.until(200, limitMs, () => waitedFor.size === 0);
  findings.evaluated('L14');
  const last = refused.about(['Produce']);
  const [late] = waitedFor;
  const [first] = failed;
  if (first !== undefined) {
    const sentences = failed.map(
      ({ client, probe: { partition, error } }) => `of ${client} to ${partition} failed with ${error}`,
    );
    const message = `after heal, a write of a producer that had written before failed: one ${sentences.join('; one ')}${last}`;
    findings.violated('L14', message, { partition: first.probe.partition, client: first.client });
  } else if (late !== undefined) {
    const { client } = late.session;
    findings.violated(
      'L14',
      `writes of ${client}, which had written before, did not end within ${limitMs} ms after heal${last}`,
      {
        client,
      },
    );
  }
}

/** The time after which a healed cluster must have settled (docs/guarantees.md, "The time to settle"). */
function settleLimitMs(plan: Plan): number {
  const broker = (name: BrokerConfigName): number => numberGiven(BROKER_CONFIG, plan.cluster.properties, name);
  /** The longest of the default and of what the clients have; each may be of any kind. */
  const longest = <T extends ConfigKeys>(table: ConfigTable<T>, name: keyof T & string): number =>
    Math.max(...[{ properties: {} }, ...plan.clients].map(({ properties }) => numberGiven(table, properties, name)));
  const session = broker('broker.session.timeout.ms');
  const election = broker('controller.quorum.election.timeout.ms') + broker('controller.quorum.fetch.timeout.ms');
  const request = longest(PRODUCER_CONFIG, 'request.timeout.ms');
  const pollInterval = numberGiven(CONSUMER_CONFIG, {}, 'max.poll.interval.ms');
  const group = longest(CONSUMER_CONFIG, 'session.timeout.ms') + pollInterval;
  const delivery = longest(PRODUCER_CONFIG, 'delivery.timeout.ms');
  const staleness = isEpochOfAnotherTopicPossible(plan) ? LONGEST_STALENESS_MS : 0;
  const replicas = 3 * (session + election) + 2 * broker('replica.lag.time.max.ms');
  return replicas + 2 * request + group + delivery + staleness + transactionMs(plan) + 30_000;
}

/** How long a transaction may stay open that nobody ends, until its coordinator aborts it; nothing, where nobody begins any. */
function transactionMs({ cluster, clients }: Plan): number {
  const timeouts = clients
    .filter(({ properties }) => properties['transactional.id'] !== undefined)
    .map(({ properties }) => numberGiven(PRODUCER_CONFIG, properties, 'transaction.timeout.ms'));
  if (timeouts.length === 0) return 0;
  const sweep = 'transaction.abort.timed.out.transaction.cleanup.interval.ms';
  return Math.max(...timeouts) + 2 * numberGiven(BROKER_CONFIG, cluster.properties, sweep);
}

/**
 * A position that was committed just when its topic was made again names a leader epoch that the new topic may never have. A
 * consumer that hears of it believes no metadata for as long as these may be stale.
 */
function isEpochOfAnotherTopicPossible({ clients }: Plan): boolean {
  return clients.some(({ params }) => typeof params['makes'] === 'string' && params['makes'] !== '');
}
