/** What transcripts do not show; see transcripts/. */
import test from 'ava';
import { decodeRequest, encodeRequest } from '../protocol/codec.ts';
import type { RequestTypes } from '../protocol/messages/index.ts';
import { MAX_INT64 } from '../protocol/reader.ts';
import { LeaderEpoch, Offset } from '../protocol/numbers.ts';
import { utf8ToString } from '../protocol/strings.ts';
import { METADATA_TOPIC_ID } from '../protocol/uuid.ts';
import type { RaftClient } from './raft-client.ts';
import { type RaftNode, RaftWorld } from './testing/raft-world.ts';

function elect(world: RaftWorld): { leader: RaftNode; client: RaftClient } {
  world.runUntil(() => world.activeLeader() !== null, 20_000);
  const leader = world.activeLeader();
  if (leader === null || leader.client === null) throw new Error('no leader');
  return { leader, client: leader.client };
}

test('a single voter elects itself', (t) => {
  const world = new RaftWorld({ seed: 2, voters: 1 });
  world.startAll();
  const { leader, client } = elect(world);
  world.append(leader, 'a');
  world.run(100);
  t.deepEqual(leader.applied, ['a']);
  t.is(client.highWatermark, Offset(2));
});

test('an atomic batch comes as one batch', (t) => {
  const world = new RaftWorld({ seed: 3, voters: 3 });
  world.startAll();
  const { leader } = elect(world);
  world.append(leader, 'a', 'b', 'c');
  world.run(500);
  t.deepEqual(
    world.node(1).batches.map(({ baseOffset, lastOffset, epoch }) => ({ baseOffset, lastOffset, epoch })),
    [{ baseOffset: 1, lastOffset: 3, epoch: 1 }],
  );
});

test('a node whose state machine is slow is given everything late, in order, and leads only when it knows what was before', (t) => {
  const world = new RaftWorld({ seed: 3, voters: 3 });
  world.startAll();
  const { leader } = elect(world);
  world.append(leader, 'a');
  world.run(1_000);
  const slow = world.nodes.find((node) => node !== leader) as RaftNode;
  const slowness = slow.process.delay('metadata/apply', 2_000);
  world.append(leader, 'b');
  world.append(leader, 'c');
  world.run(1_000);
  t.deepEqual(slow.applied, ['a']);
  t.is(slow.client?.highWatermark, leader.client?.highWatermark);
  world.run(1_500);
  t.deepEqual(slow.applied, ['a', 'b', 'c']);
  slowness();
  const late = world.nodes.map((node) => node.process.delay('metadata/apply', 2_000));
  world.append(leader, 'd');
  world.run(500);
  world.crash(leader, false);
  world.runUntil(() => world.leader() !== null, 20_000);
  const successor = world.leader() as RaftNode;
  const claimed = () => successor.leaderChanges.some(({ leaderId }) => leaderId === successor.id);
  t.false(claimed());
  world.runUntil(claimed, 20_000);
  t.deepEqual(successor.applied, ['a', 'b', 'c', 'd']);
  // When nothing holds it up any more, the next commit brings everything at once.
  for (const end of late) end();
  world.append(successor, 'e');
  world.run(1_000);
  t.deepEqual(successor.applied, ['a', 'b', 'c', 'd', 'e']);
});

test("the election state is durable in Kafka's format, and a power loss does not take it", (t) => {
  const world = new RaftWorld({ seed: 4, voters: 3 });
  world.startAll();
  const { leader, client } = elect(world);
  const { epoch } = client.leaderAndEpoch;
  world.crash(leader, true);
  const bytes = leader.process.machine.disk.peek('data/__cluster_metadata-0/quorum-state');
  const text = utf8ToString(bytes ?? new Uint8Array(0));
  // As Kafka 4.4.0 writes it at kraft.version 0: a leader's file names no vote, no file a directory.
  const voters = '[{"voterId":1},{"voterId":2},{"voterId":3}]';
  const rest = `"votedId":-1,"appliedOffset":0,"currentVoters":${voters},"data_version":0`;
  t.is(text, `{"clusterId":"","leaderId":${leader.id},"leaderEpoch":${epoch},${rest}}`);
});

test('a snapshot of what is not committed is refused', (t) => {
  const world = new RaftWorld({ seed: 11, voters: 3 });
  world.startAll();
  const { client } = elect(world);
  t.throws(() => client.createSnapshot(Offset(client.highWatermark + 1), LeaderEpoch(1), 0, []), { message: /high watermark/ });
});

test('a follower says how much of the log it takes at a time (Kafka 4.4), and gets no more than the batches that fit, but one', (t) => {
  const asked = new Set<number>();
  const world = new RaftWorld({
    seed: 14,
    voters: 3,
    onRequest: (_, api, body) => {
      if (api === 'Fetch') asked.add((body as { readonly maxBytes: number }).maxBytes);
    },
  });
  world.startAll();
  const { leader, client } = elect(world);
  const late = world.nodes.find((node) => node !== leader) as RaftNode;
  world.crash(late, false);
  for (const value of ['a', 'b', 'c']) {
    world.append(leader, value);
    world.run(200);
  }
  // The leader gives no more than is asked for, but at least one batch.
  const sizes = [1, 1_000_000].map((maxBytes) => {
    let size = 0;
    const partition = { partition: 0, currentLeaderEpoch: client.leaderAndEpoch.epoch, fetchOffset: 1, lastFetchedEpoch: 1 };
    client.Fetch({
      body: {
        clusterId: 'cluster',
        replicaId: -1,
        replicaState: { replicaId: -1 },
        maxWaitMs: 0,
        maxBytes,
        topics: [{ topic: '__cluster_metadata', partitions: [partition] }],
      } as never,
      respond: (answer) => (size = answer.responses?.[0]?.partitions?.[0]?.records?.length ?? -1),
      closeConnection: () => t.fail(),
    });
    world.run(10);
    return size;
  });
  t.true((sizes[0] as number) > 0);
  t.true((sizes[1] as number) > (sizes[0] as number));
  t.deepEqual([...asked], [2_000_000]);
});

test('a failing metadata disk halts the node', (t) => {
  const world = new RaftWorld({ seed: 12, voters: 3 });
  world.startAll();
  const { leader } = elect(world);
  world.run(500);
  leader.process.machine.disk.failDirectory('data');
  world.append(leader, 'a');
  world.run(1000);
  t.regex(leader.halted ?? '', /metadata log directory/);
});

test('a request of another cluster is refused', (t) => {
  const world = new RaftWorld({ seed: 13, voters: 3 });
  world.startAll();
  const { client } = elect(world);
  const answers: unknown[] = [];
  const body = { clusterId: 'other', voterId: 1, topics: [] };
  client.Vote({ body, respond: (answer) => answers.push(answer), closeConnection: () => t.fail() });
  t.deepEqual(answers, [{ errorCode: 104 }]);
});

test('a fetch is answered at once if the leader knows of a higher high watermark, and a waiting one when it rises (KIP-1166)', (t) => {
  const world = new RaftWorld({ seed: 14, voters: 3 });
  world.startAll();
  const { leader, client } = elect(world);
  world.run(500);
  const committed = client.highWatermark;
  world.append(leader, 'a');
  // The others have not said yet that they have it.
  world.runUntil(() => client.logEndOffset > committed, 50);
  const answers = new Map<string, number>();
  const fetch = (name: string, known: number): void => {
    const { epoch } = client.leaderAndEpoch;
    const partition = { currentLeaderEpoch: epoch, fetchOffset: committed + 1, lastFetchedEpoch: epoch, highWatermark: known };
    const request = encodeRequest('Fetch', 18, 1, null, {
      maxWaitMs: 400,
      topics: [{ topicId: METADATA_TOPIC_ID, partitions: [partition] }],
    });
    client.Fetch({
      body: decodeRequest(request.subarray(4)).body as RequestTypes['Fetch'],
      respond: ({ responses }) => answers.set(name, responses?.[0]?.partitions?.[0]?.highWatermark ?? -2),
      closeConnection: () => t.fail(),
    });
  };
  fetch('unknown', -1);
  fetch('lower', committed - 1);
  fetch('same', committed);
  fetch('an older version', MAX_INT64);
  t.deepEqual(
    [...answers],
    [
      ['unknown', committed],
      ['lower', committed],
    ],
  );
  world.runUntil(() => client.highWatermark > committed, 50);
  world.run(1);
  t.deepEqual([...answers].slice(2), [
    ['same', committed + 1],
    ['an older version', committed + 1],
  ]);
});
