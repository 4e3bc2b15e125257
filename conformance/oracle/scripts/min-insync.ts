/** min.insync.replicas of the properties: the metadata log keeps the one of the first start (KIP-966). */
import { sleep } from '../../testing/served.ts';
import type { Conversation, Lives, LonelyScript } from '../conversation.ts';

const APPLIED_MS = 500;
const [TOPIC, BROKER] = [2, 4];
const NAME = 'min.insync.replicas';

async function described(talk: Conversation, step: string): Promise<void> {
  await talk.ask(step, 'DescribeConfigs', 4, {
    resources: [
      { resourceType: BROKER, resourceName: '', configurationKeys: null },
      { resourceType: BROKER, resourceName: '1', configurationKeys: [NAME] },
      { resourceType: TOPIC, resourceName: 'plain', configurationKeys: [NAME] },
      { resourceType: TOPIC, resourceName: 'configured', configurationKeys: [NAME] },
    ],
    includeSynonyms: true,
  });
}

const alter = (talk: Conversation, step: string, resourceName: string, configOperation: number, value: string | null) =>
  talk.ask(step, 'IncrementalAlterConfigs', 1, {
    resources: [{ resourceType: BROKER, resourceName, configs: [{ name: NAME, configOperation, value }] }],
    validateOnly: false,
  });

async function runAlone(talk: Conversation, lives: Lives): Promise<void> {
  await talk.quietly('CreateTopics', 7, {
    topics: ['plain', 'configured'].map((name) => ({
      name,
      numPartitions: 1,
      replicationFactor: 1,
      configs: name === 'plain' ? [] : [{ name: NAME, value: '3' }],
    })),
    timeoutMs: 10_000,
  });
  await sleep(APPLIED_MS);
  await described(talk, 'as first started');
  await lives.restart({ [NAME]: 4 });
  await talk.topicId('plain');
  await described(talk, 'started with another');
  await alter(talk, 'of all brokers', '', 0, '1');
  await alter(talk, 'of one broker', '1', 0, '1');
  await alter(talk, 'of all brokers, to be removed', '', 1, null);
  await alter(talk, 'of all brokers, to nothing', '', 0, null);
  await alter(talk, 'of all brokers, out of range', '', 0, '0');
  await talk.ask('of all brokers, by leaving it out', 'AlterConfigs', 2, {
    resources: [{ resourceType: BROKER, resourceName: '', configs: [] }],
    validateOnly: false,
  });
  await sleep(APPLIED_MS);
  await described(talk, 'altered');
}

export const MIN_INSYNC: LonelyScript = { name: 'min-insync', brokers: 1, config: { [NAME]: 2 }, runAlone };
