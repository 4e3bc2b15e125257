/** Transactions, with a cluster of their own for each level of transaction.version, and for what takes one of its own. */
import type { Conversation, LonelyScript } from '../../conversation.ts';
import { before, ends, offsets, partitions, producerIds } from './coordinator.ts';
import { denied } from './denied.ts';
import { exhausted } from './exhausted.ts';
import { committed } from './group-offsets.ts';
import { hanging, lists, markers, timeouts } from './operators.ts';
import { TOPIC, type TransactionVersion } from './producer.ts';
import { gone, produced, read } from './records.ts';

const SAFE_DOWNGRADE = 2;

async function prepare(talk: Conversation, level: TransactionVersion): Promise<void> {
  // The records are years old.
  const configs = [{ name: 'retention.ms', value: '-1' }];
  const topics = [TOPIC, 'denied-topic'].map((name) => ({ name, numPartitions: 8, replicationFactor: 1, configs }));
  await talk.quietly('CreateTopics', 5, { topics, timeoutMs: 10_000 });
  await talk.topicId(TOPIC);
  if (level === 2) return;
  const featureUpdates = [{ feature: 'transaction.version', maxVersionLevel: level, upgradeType: SAFE_DOWNGRADE }];
  await talk.ask(`to transaction.version ${level}`, 'UpdateFeatures', 2, { timeoutMs: 10_000, featureUpdates });
  await talk.until('ApiVersions', 4, { clientSoftwareName: 'oracle', clientSoftwareVersion: '1' }, ({ finalizedFeatures }) => {
    const found = finalizedFeatures.find(({ name }) => name === 'transaction.version');
    return (found?.maxVersionLevel ?? 0) === level;
  });
}

async function run(talk: Conversation, level: TransactionVersion): Promise<void> {
  await prepare(talk, level);
  await before(talk);
  await producerIds(talk, level);
  await partitions(talk, level);
  await offsets(talk, level);
  await ends(talk, level);
  await produced(talk, level);
  await read(talk, level);
  await committed(talk, level);
  await lists(talk, level);
  await markers(talk, level);
  await hanging(talk, level);
  await gone(talk, level);
  await timeouts(talk, level);
}

const CONFIG = {
  'broker.session.timeout.ms': 60_000,
  // What takes too long is ended within a second or two.
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1_000,
};

const ofLevel = (level: TransactionVersion, name: string): LonelyScript => ({
  name,
  brokers: 1,
  config: CONFIG,
  runAlone: (talk) => run(talk, level),
});

const withEach = (level: TransactionVersion, name: string): LonelyScript => ({
  name,
  brokers: 1,
  config: CONFIG,
  runAlone: async (talk) => {
    await prepare(talk, level);
    await exhausted(talk, level);
  },
});

export const TRANSACTIONS: readonly LonelyScript[] = [
  ofLevel(2, 'transactions'),
  ofLevel(1, 'transactions-1'),
  ofLevel(0, 'transactions-0'),
  withEach(2, 'exhausted-epochs'),
  withEach(1, 'exhausted-epochs-1'),
  {
    name: 'transactions-denied',
    brokers: 1,
    config: {
      ...CONFIG,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      // Nobody authenticates: all may do all, but for what is denied.
      'allow.everyone.if.no.acl.found': true,
    },
    runAlone: async (talk) => {
      await prepare(talk, 2);
      await denied(talk);
    },
  },
];
