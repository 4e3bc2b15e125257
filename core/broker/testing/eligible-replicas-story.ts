/**
 * What becomes of partitions whose replicas end one after the other, with eligible leader replicas (KIP-966) as Apache Kafka 4.4.0 has
 * them. It is told once and played twice: by a simulated cluster (core/broker/eligible-replicas.test.ts), and by one of Apache Kafka
 * (conformance/oracle/elections.ts).
 */
import { ErrorCode } from '../../protocol/errors.ts';
import type { ApiName, RequestTypes, ResponseTypes } from '../../protocol/messages/index.ts';
import { decodeRecords, encodeBatch, forEachBatch } from '../../protocol/records.ts';
import type { Draft } from '../../protocol/schema.ts';

/** Broker 1, which is the controller as well, and brokers 2 and 3. */
export interface Stage {
  ask<A extends ApiName>(broker: number, api: A, version: number, body: Draft<RequestTypes[A]>): Promise<ResponseTypes[A]>;
  wallMs(): number;
  pass(ms: number): Promise<void>;
  /** Ends a broker in order, and comes back when it has ended. */
  stop(broker: number): Promise<void>;
  kill(broker: number): Promise<void>;
  /** Starts a broker, and comes back when it serves. */
  start(broker: number): Promise<void>;
}

/** What a broker takes to be noticed as dead, to start, or to catch up. */
const LIMIT_MS = 60_000;
const POLL_MS = 200;
/** In which a follower surely hears of a high watermark. */
const ROUND_MS = 2_000;

/** What was not as Apache Kafka 4.4.0 has it, a sentence each. */
export interface Told {
  readonly checks: number;
  readonly problems: readonly string[];
}

class Teller implements Told {
  readonly problems: string[] = [];
  checks = 0;
  readonly #stage: Stage;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  /** Asks until the answer is the one that is expected, or for too long. */
  async expect(what: string, expected: string, ask: () => Promise<string>): Promise<void> {
    this.checks++;
    let last = '';
    for (let waitedMs = 0; waitedMs < LIMIT_MS; waitedMs += POLL_MS) {
      last = await ask();
      if (last === expected) return;
      await this.#stage.pass(POLL_MS);
    }
    this.problems.push(`${what}: ${last}, expected was ${expected}`);
  }

  /** The answer is expected at once, and to be the same a while later. */
  async expectForLong(what: string, expected: string, ask: () => Promise<string>): Promise<void> {
    for (const when of ['', ' a while later']) {
      this.checks++;
      const answer = await ask();
      if (answer !== expected) this.problems.push(`${what}${when}: ${answer}, expected was ${expected}`);
      await this.#stage.pass(ROUND_MS);
    }
  }
}

export async function tellOfEligibleReplicas(stage: Stage): Promise<Told> {
  const teller = new Teller(stage);

  const state = (topic: string) => async (): Promise<string> => {
    const { topics } = await stage.ask(1, 'DescribeTopicPartitions', 0, { topics: [{ name: topic }] });
    const partition = topics[0]?.partitions[0];
    if (partition === undefined) return 'no such partition';
    const list = (ids: readonly number[] | null): string => [...(ids ?? [])].sort((a, b) => a - b).join(',') || 'nobody';
    const { leaderId, isrNodes, eligibleLeaderReplicas, lastKnownElr } = partition;
    return `leader ${leaderId}, in sync ${list(isrNodes)}, eligible ${list(eligibleLeaderReplicas)}, last leader ${list(lastKnownElr)}`;
  };
  const produce = (broker: number, topic: string, acks: number, value: string) => async (): Promise<string> => {
    const records = encodeBatch([{ key: null, value: new TextEncoder().encode(value), timestamp: stage.wallMs() }]);
    const topicData = [{ name: topic, partitionData: [{ index: 0, records }] }];
    const { responses } = await stage.ask(broker, 'Produce', 9, { acks, timeoutMs: 10_000, topicData });
    const answer = responses[0]?.partitionResponses[0];
    return answer?.errorCode === ErrorCode.NONE ? `offset ${answer.baseOffset}` : `error ${answer?.errorCode}`;
  };
  const latest = (broker: number, topic: string) => async (): Promise<string> => {
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -1 }] }];
    const answer = (await stage.ask(broker, 'ListOffsets', 7, { replicaId: -1, topics })).topics[0]?.partitions[0];
    return answer?.errorCode === ErrorCode.NONE ? `offset ${answer.offset}` : `error ${answer?.errorCode}`;
  };
  const values = (broker: number, topic: string) => async (): Promise<string> => {
    const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1 << 20 }];
    const body = { maxWaitMs: 0, minBytes: 0, maxBytes: 1 << 20, sessionEpoch: -1, topics: [{ topic, partitions }] };
    const { responses } = await stage.ask(broker, 'Fetch', 11, body);
    const records = responses[0]?.partitions[0]?.records ?? null;
    const found: string[] = [];
    forEachBatch(records ?? new Uint8Array(), (_header, position) => {
      for (const { value } of decodeRecords(records as Uint8Array, position)) {
        found.push(new TextDecoder().decode(value ?? new Uint8Array()));
      }
    });
    return found.join(',');
  };
  const placed = (name: string, brokerIds: number[], minIsr: number) => ({
    name,
    numPartitions: -1,
    replicationFactor: -1,
    assignments: [{ partitionIndex: 0, brokerIds }],
    configs: [{ name: 'min.insync.replicas', value: String(minIsr) }],
  });

  await stage.ask(1, 'CreateTopics', 5, {
    topics: [placed('orders', [2, 3], 2), placed('alone', [2], 1), placed('changed', [2, 3], 2)],
    timeoutMs: 30_000,
  });
  const healthy = 'leader 2, in sync 2,3, eligible nobody, last leader nobody';
  await teller.expect('orders, made', healthy, state('orders'));
  await teller.expect('a record for all', 'offset 0', produce(2, 'orders', -1, 'a'));
  await teller.expect('a record of a single replica', 'offset 0', produce(2, 'alone', -1, 'x'));
  await stage.pass(ROUND_MS);

  await stage.stop(3);
  const halved = 'leader 2, in sync 2, eligible 3, last leader nobody';
  await teller.expect('the follower has ended in order', halved, state('orders'));
  await teller.expect('acks=1 below the minimum', 'offset 1', produce(2, 'orders', 1, 'b'));
  await teller.expect('acks=all below the minimum', `error ${ErrorCode.NOT_ENOUGH_REPLICAS}`, produce(2, 'orders', -1, 'no'));
  await teller.expectForLong('below the minimum nothing is committed', 'offset 1', latest(2, 'orders'));

  await stage.kill(2);
  await teller.expect('the leader has died', 'leader -1, in sync nobody, eligible 2,3, last leader 2', state('orders'));
  await teller.expect('so has a single replica', 'leader -1, in sync nobody, eligible 2, last leader 2', state('alone'));
  const configs = [{ name: 'min.insync.replicas', configOperation: 0, value: '1' }];
  const resources = [{ resourceType: 2, resourceName: 'changed', configs }];
  await stage.ask(1, 'IncrementalAlterConfigs', 1, { resources, validateOnly: false });
  const forgotten = 'leader -1, in sync nobody, eligible nobody, last leader nobody';
  await teller.expect('another minimum forgets who is eligible', forgotten, state('changed'));

  await stage.start(3);
  const other = 'leader 3, in sync 3, eligible 2, last leader nobody';
  await teller.expect('the follower leads when it is back, though the leader is not', other, state('orders'));
  await teller.expect('what was committed is there', 'offset 1', latest(3, 'orders'));
  await teller.expect('the place of what the leader alone had acknowledged is free', 'offset 1', produce(3, 'orders', 1, 'c'));

  await stage.stop(3);
  await teller.expect('it has ended in order', 'leader -1, in sync nobody, eligible 2,3, last leader 3', state('orders'));
  await stage.start(3);
  await teller.expect('it leads again', other, state('orders'));
  await teller.expectForLong(
    'alone it cannot tell the end: its epoch begins above its high watermark',
    `error ${ErrorCode.OFFSET_NOT_AVAILABLE}`,
    latest(3, 'orders'),
  );

  await stage.start(2);
  await teller.expect('both are there', 'leader 3, in sync 2,3, eligible nobody, last leader nobody', state('orders'));
  await teller.expect('then it can', 'offset 2', latest(3, 'orders'));
  await teller.expect('what acks=1 had acknowledged is gone', 'a,c', values(3, 'orders'));
  const back = 'leader 2, in sync 2, eligible nobody, last leader nobody';
  await teller.expect('a single replica that was killed is elected as the last leader', back, state('alone'));
  await teller.expect('it has what it had', 'x', values(2, 'alone'));
  await teller.expectForLong('nobody may lead what is forgotten', forgotten, state('changed'));
  const topicPartitions = [{ topic: 'changed', partitions: [0] }];
  await stage.ask(1, 'ElectLeaders', 2, { electionType: 1, topicPartitions, timeoutMs: 30_000 });
  await teller.expect(
    'but for an unclean election',
    'leader 2, in sync 2,3, eligible nobody, last leader nobody',
    state('changed'),
  );
  return teller;
}
