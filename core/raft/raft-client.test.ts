import test from 'ava';
import { utf8ToString } from '../protocol/strings.ts';
import { NotLeaderError, type RaftClient } from './raft-client.ts';
import { type RaftNode, RaftWorld } from './testing/raft-world.ts';

function elect(world: RaftWorld): { leader: RaftNode; client: RaftClient } {
  world.runUntil(() => world.activeLeader() !== null, 20_000);
  const leader = world.activeLeader();
  if (leader === null || leader.client === null) throw new Error('no leader');
  return { leader, client: leader.client };
}

test('a quorum of three boots from empty disks, elects a leader and commits', (t) => {
  const world = new RaftWorld({ seed: 1, voters: 3, observers: 1 });
  world.startAll();
  const { leader } = elect(world);
  t.is(world.append(leader, 'a', 'b'), 2);
  t.is(world.append(leader, 'c'), 3);
  world.run(1000);
  for (const node of world.nodes) t.deepEqual(node.applied, ['a', 'b', 'c'], `node ${node.id}`);
});

test('a single voter elects itself', (t) => {
  const world = new RaftWorld({ seed: 2, voters: 1 });
  world.startAll();
  const { leader, client } = elect(world);
  world.append(leader, 'a');
  world.run(100);
  t.deepEqual(leader.applied, ['a']);
  t.is(client.highWatermark, 2);
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

test("the election state is durable in Kafka's format, and a power loss does not take it", (t) => {
  const world = new RaftWorld({ seed: 4, voters: 3 });
  world.startAll();
  const { leader, client } = elect(world);
  const { epoch } = client.leaderAndEpoch;
  world.crash(leader, true);
  const text = utf8ToString(leader.disk.contents('data/__cluster_metadata-0/quorum-state'));
  const state = JSON.parse(text) as Record<string, unknown>;
  t.is(state['leaderId'], leader.id);
  t.is(state['leaderEpoch'], epoch);
  t.is(state['votedId'], leader.id);
  t.is(state['data_version'], 1);
});

test('a leader that restarts does not lead its epoch again (K11)', (t) => {
  const world = new RaftWorld({ seed: 5, voters: 3 });
  world.startAll();
  const { leader, client } = elect(world);
  const { epoch } = client.leaderAndEpoch;
  world.crash(leader, false);
  world.start(leader);
  t.is(leader.client?.roleName, 'resigned');
  t.throws(() => leader.client?.scheduleAppend(epoch, [new Uint8Array(1)]), { instanceOf: NotLeaderError });
  t.true(elect(world).client.leaderAndEpoch.epoch > epoch);
});

test('a leader that hears no majority resigns (check quorum), and the others go on', (t) => {
  const world = new RaftWorld({ seed: 6, voters: 3 });
  world.startAll();
  const { leader } = elect(world);
  // It can send and not receive.
  for (const other of world.nodes) if (other !== leader) world.cut.add(`${other.id}-${leader.id}`);
  t.true(world.runUntil(() => leader.client?.roleName !== 'leader', 4000));
  t.true(world.trace.some(({ event }) => event.type === 'quorum-leader-resigned' && event.reason === 'check-quorum'));
  const next = elect(world).leader;
  t.not(next, leader);
  t.deepEqual(leader.leaderChanges.slice(-1)[0]?.leaderId === leader.id, false);
});

test('an isolated follower that comes back disturbs nobody (pre-vote)', (t) => {
  const world = new RaftWorld({ seed: 7, voters: 3 });
  world.startAll();
  const { leader, client } = elect(world);
  world.run(1000);
  const { epoch } = client.leaderAndEpoch;
  const lost = world.nodes.find((node) => node !== leader) as RaftNode;
  for (const other of world.nodes) {
    world.cut.add(`${other.id}-${lost.id}`);
    world.cut.add(`${lost.id}-${other.id}`);
  }
  world.run(10_000);
  world.cut.clear();
  world.run(10_000);
  t.is(world.leader(), leader);
  t.is(client.leaderAndEpoch.epoch, epoch);
  t.is(lost.client?.leaderAndEpoch.leaderId, leader.id);
});

test('a graceful shutdown hands over at once', (t) => {
  const world = new RaftWorld({ seed: 8, voters: 3 });
  world.startAll();
  const { leader, client } = elect(world);
  world.run(1000);
  let isDone = false;
  client.shutdown(() => {
    isDone = true;
  });
  t.true(world.runUntil(() => isDone, 1000));
  world.crash(leader, false);
  t.true(world.runUntil(() => world.activeLeader() !== null, 1000));
});

test('what an isolated leader appended is truncated, and never applied', (t) => {
  const world = new RaftWorld({ seed: 9, voters: 3 });
  world.startAll();
  const { leader } = elect(world);
  world.run(500);
  for (const other of world.nodes) {
    world.cut.add(`${other.id}-${leader.id}`);
    world.cut.add(`${leader.id}-${other.id}`);
  }
  world.append(leader, 'lost');
  world.run(10_000);
  const next = elect(world).leader;
  world.append(next, 'kept');
  world.run(1000);
  world.cut.clear();
  world.run(5000);
  for (const node of world.nodes) t.deepEqual(node.applied, ['kept']);
  t.true(
    world.trace.some(
      ({ node, event }) => node === leader.id && event.type === 'log-truncated' && event.reason === 'diverging-epoch',
    ),
  );
});

test('a node ends rather than take back what was committed, when the quorum has lost it', (t) => {
  const world = new RaftWorld({ seed: 9, voters: 1, observers: 1 });
  world.startAll();
  const { leader } = elect(world);
  const observer = world.node(2);
  world.append(leader, 'a', 'b');
  world.run(1000);
  t.deepEqual(observer.applied, ['a', 'b']);
  // The only voter loses its log, but not its election state: the next epoch begins with nothing.
  world.crash(leader, false);
  const metadata = 'data/__cluster_metadata-0';
  for (const name of leader.disk.list(metadata)) if (name.endsWith('.log')) leader.disk.remove(`${metadata}/${name}`);
  world.start(leader);
  world.run(10_000);
  t.regex(
    observer.halted ?? '',
    /^node 1, which leads the metadata quorum in epoch \d+, has the metadata log up to offset 0 only, but/,
  );
  t.true(world.trace.some(({ node, event }) => node === 2 && event.type === 'quorum-truncation-refused' && event.to === 0));
  // Who starts it again takes the leader's log.
  world.crash(observer, false);
  world.start(observer);
  world.append(leader, 'c');
  world.run(5000);
  t.is(observer.halted, null);
  t.deepEqual(observer.applied, ['c']);
});

test('a snapshot bounds the log, and a node that starts from nothing gets it', (t) => {
  const world = new RaftWorld({ seed: 10, voters: 3, observers: 1 });
  for (const node of world.nodes) if (node.id !== 4) world.start(node);
  const { leader, client } = elect(world);
  for (let i = 0; i < 20; i++) world.append(leader, `v${i}`);
  world.run(1000);
  const records = leader.applied.map((text) => new TextEncoder().encode(text));
  client.createSnapshot(client.highWatermark, client.leaderAndEpoch.epoch, 0, records);
  world.append(leader, 'after');
  world.run(1000);
  t.is(client.logStartOffset, 21);
  world.start(world.node(4));
  world.run(5000);
  t.is(world.node(4).snapshotsLoaded, 1);
  t.deepEqual(world.node(4).applied, leader.applied);
  // And it is loaded again from the disk.
  world.crash(leader, true);
  world.start(leader);
  world.run(10_000);
  t.deepEqual(leader.applied.slice(0, 21), world.node(4).applied.slice(0, 21));
});

test('a snapshot of what is not committed is refused', (t) => {
  const world = new RaftWorld({ seed: 11, voters: 3 });
  world.startAll();
  const { client } = elect(world);
  t.throws(() => client.createSnapshot(client.highWatermark + 1, 1, 0, []), { message: /high watermark/ });
});

test('a failing metadata disk halts the node', (t) => {
  const world = new RaftWorld({ seed: 12, voters: 3 });
  world.startAll();
  const { leader } = elect(world);
  world.run(500);
  leader.disk.failing = () => true;
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
