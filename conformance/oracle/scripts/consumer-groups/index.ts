/** Consumer groups (KIP-848): heartbeats, how partitions move, static members, offsets and epochs, subscriptions, operators, and the records of it all. */
import type { Conversation, SharedScript } from '../../conversation.ts';
import { kinds, requests } from './heartbeats.ts';
import { offsets } from './offsets.ts';
import { operators } from './operators.ts';
import { assignors, reconciliation, timeouts } from './reconciliation.ts';
import { records } from './records.ts';
import { staticMembers } from './static-members.ts';
import { regexes, subscriptions } from './subscriptions.ts';

async function run(talk: Conversation): Promise<void> {
  await talk.until('FindCoordinator', 0, { key: 'any-group' }, ({ errorCode }) => errorCode === 0);
  await talk.until('ConsumerGroupDescribe', 1, { groupIds: Array.from({ length: 400 }, (_, at) => `name-${at}`) }, ({ groups }) =>
    groups.every(({ errorCode }) => errorCode < 14 || errorCode > 16),
  );
  await requests(talk);
  await kinds(talk);
  await reconciliation(talk);
  await timeouts(talk);
  await assignors(talk);
  await offsets(talk);
  await staticMembers(talk);
  await subscriptions(talk);
  await operators(talk);
  await regexes(talk);
  await records(talk, 'requests-v1', 'shared', 'in-time', 'ranged', 'counting', 'static-kept', 'changing', 'matching', 'seen');
}

export const CONSUMER_GROUPS: SharedScript = { name: 'consumer-groups', brokers: 1, run };
