/** What operators ask of the cluster: brokers, quorum, directories, elections. */
import { type Conversation, type SharedScript, versions } from '../conversation.ts';

async function run(talk: Conversation): Promise<void> {
  await talk.quietly('CreateTopics', 5, {
    topics: [{ name: 'observed', numPartitions: 2, replicationFactor: 1 }],
    timeoutMs: 5_000,
  });
  const both = { topics: [{ topic: 'observed', partitions: [0, 1] }] };
  await talk.until('DescribeLogDirs', 1, both, ({ results }) => results[0]?.topics[0]?.partitions.length === 2);
  for (const version of versions('DescribeCluster', 0)) {
    await talk.ask('plain', 'DescribeCluster', version, {});
    await talk.ask('with operations', 'DescribeCluster', version, { includeClusterAuthorizedOperations: true });
    if (version >= 1)
      for (const endpointType of [0, 2, 3])
        await talk.ask(`endpoint type ${endpointType}`, 'DescribeCluster', version, { endpointType });
  }
  for (const version of versions('DescribeLogDirs', 1)) {
    await talk.ask('one topic', 'DescribeLogDirs', version, { topics: [{ topic: 'observed', partitions: [0, 1, 9] }] });
    await talk.ask('unknown topic', 'DescribeLogDirs', version, { topics: [{ topic: 'no-such-topic', partitions: [0] }] });
    await talk.ask('no topics', 'DescribeLogDirs', version, { topics: [] });
  }
  for (const version of versions('ElectLeaders', 0)) {
    const elect = (step: string, topicPartitions: object[] | null, electionType = 0): Promise<unknown> =>
      talk.ask(step, 'ElectLeaders', version, {
        ...(version >= 1 ? { electionType } : {}),
        topicPartitions: topicPartitions as [],
        timeoutMs: 5_000,
      });
    await elect('preferred', [
      { topic: 'observed', partitions: [0, 9] },
      { topic: 'no-such-topic', partitions: [0] },
    ]);
    await elect('none', []);
    await elect('all', null);
    if (version >= 1) await elect('unclean', [{ topic: 'observed', partitions: [0] }], 1);
    if (version >= 1) await elect('unknown type', [{ topic: 'observed', partitions: [0] }], 5);
  }
  for (const version of versions('DescribeQuorum', 0)) {
    const quorum = (step: string, topicName: string, partitionIndex = 0): Promise<unknown> =>
      talk.ask(step, 'DescribeQuorum', version, { topics: [{ topicName, partitions: [{ partitionIndex }] }] });
    await quorum('metadata', '__cluster_metadata');
    await quorum('another topic', 'observed');
    await quorum('another partition', '__cluster_metadata', 1);
    await talk.ask('nothing', 'DescribeQuorum', version, { topics: [] });
  }
  await talk.ask('an unknown broker', 'UnregisterBroker', 0, { brokerId: 99 });
  await talk.ask('a broker that is alive', 'UnregisterBroker', 0, { brokerId: -1 });
}

export const CLUSTER: SharedScript = { name: 'cluster', brokers: 1, run };
