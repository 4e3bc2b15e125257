import test, { type ExecutionContext } from 'ava';
import { Kafka, logLevel } from 'kafkajs';
import { type Cluster, type ServeOptions, serve } from './serve.ts';
import { metadata, portOf, Wire } from './testing/wire.ts';

async function served(t: ExecutionContext, options: ServeOptions = {}): Promise<Cluster> {
  const cluster = await serve({ port: 0, ...options });
  t.teardown(() => cluster.stop());
  return cluster;
}

/** Resolves when this broker's view of the brokers that are unfenced is this one. */
async function sees(cluster: Cluster, viewer: number, unfenced: readonly number[]): Promise<void> {
  for (;;) {
    const brokers = cluster.broker(viewer).running?.inspect().metadata.brokers.values() ?? [];
    const seen = [...brokers].filter(({ fenced }) => !fenced).map(({ id }) => id);
    if (seen.sort().join() === unfenced.join()) return;
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}

test.serial('a broker that is paused answers nothing, and everything when it is resumed', async (t) => {
  const cluster = await served(t);
  const broker = cluster.broker(1);
  const before = new Wire(t, portOf(cluster));
  before.socket.write(metadata(1));
  await before.answered(1);
  broker.pause();
  broker.pause();
  t.true(broker.isPaused);
  t.true(broker.isUp);
  const during = new Wire(t, portOf(cluster));
  await during.connected;
  for (const wire of [before, during]) wire.socket.write(metadata(2));
  const gone = new Wire(t, portOf(cluster));
  await gone.connected;
  gone.socket.destroy();
  const other = await served(t);
  const elsewhere = new Wire(t, portOf(other));
  // Somebody else's hundred answers come meanwhile.
  for (let index = 1; index <= 100; index++) {
    elsewhere.socket.write(metadata(index));
    await elsewhere.answered(index);
  }
  t.deepEqual([before.answers.length, during.answers.length], [1, 0]);
  broker.resume();
  await Promise.all([before.answered(2), during.answered(1)]);
  t.deepEqual(before.correlationIds(), [1, 2]);
  broker.pause();
  broker.kill();
  t.false(broker.isPaused);
  t.throws(() => broker.pause(), { message: 'broker-1 cannot be paused: it is not running.' });
  t.notThrows(() => broker.resume());
});

test.serial('a paused broker is fenced by the others, and let in again; a cluster with one stops at once', async (t) => {
  const cluster = await served(t, { brokers: 3, topics: [{ name: 'orders', replicationFactor: 3 }] });
  cluster.broker(3).pause();
  await sees(cluster, 1, [1, 2]);
  await cluster.ready();
  cluster.broker(3).resume();
  await sees(cluster, 1, [1, 2, 3]);
  await cluster.ready();
  cluster.broker(2).pause();
  await cluster.stop();
  t.false(cluster.broker(2).isUp);
});

test.serial('a broker that is cut from the others is fenced, though clients reach it; undone, it is back', async (t) => {
  const cluster = await served(t, { brokers: 3, topics: [{ name: 'orders', partitions: 3, replicationFactor: 3 }] });
  const undo = cluster.broker(1).cutFrom([2, 3]);
  await sees(cluster, 2, [2, 3]);
  const wire = new Wire(t, portOf(cluster));
  wire.socket.write(metadata(1));
  await wire.answered(1);
  // The majority goes on.
  const kafka = new Kafka({ brokers: cluster.bootstrapServers.split(',').slice(1), logLevel: logLevel.NOTHING });
  const producer = kafka.producer();
  await producer.connect();
  const sent = await producer.send({ topic: 'orders', acks: -1, messages: [{ partition: 0, value: 'a' }] });
  t.is(sent[0]?.errorCode, 0);
  await producer.disconnect();
  undo();
  undo();
  await sees(cluster, 2, [1, 2, 3]);
  await sees(cluster, 1, [1, 2, 3]);
  await cluster.ready();
  t.throws(() => cluster.broker(1).cutFrom([1]), { message: 'broker-1 cannot be cut from 1: the other nodes are 2, 3.' });
  t.throws(() => cluster.broker(1).cutFrom([7]), { message: 'broker-1 cannot be cut from 7: the other nodes are 2, 3.' });
});

test.serial('a cut holds over a restart, and ends with it undone', async (t) => {
  const cluster = await served(t, { brokers: 3 });
  const undo = cluster.broker(3).cutFrom([1, 2]);
  cluster.broker(3).kill();
  await sees(cluster, 1, [1, 2]);
  await cluster.broker(3).start();
  // It dials, and nobody hears it: the first heartbeat that arrives would end its being fenced.
  await sees(cluster, 1, [1, 2]);
  undo();
  await sees(cluster, 1, [1, 2, 3]);
  t.pass();
});

test.serial('a slow broker answers later, in order, until that is undone', async (t) => {
  const cluster = await served(t);
  const wire = new Wire(t, portOf(cluster));
  const askedMs = async (correlationId: number): Promise<number> => {
    const begun = performance.now();
    wire.socket.write(metadata(correlationId));
    await wire.answered(correlationId);
    return performance.now() - begun;
  };
  await askedMs(1);
  const undo = cluster.broker(1).slow({ ms: 250 });
  t.true((await askedMs(2)) >= 245);
  const begun = performance.now();
  wire.socket.write(Buffer.concat([metadata(3), metadata(4), metadata(5)]));
  await wire.answered(5);
  t.true(performance.now() - begun >= 245);
  // An orderly end waits for what is on its way.
  const last = new Wire(t, portOf(cluster), { allowHalfOpen: true });
  last.socket.end(metadata(1));
  await last.closed;
  t.is(last.answers.length, 1);
  undo();
  await askedMs(6);
  t.deepEqual(wire.correlationIds(), [1, 2, 3, 4, 5, 6]);
  t.throws(() => cluster.broker(1).slow({ ms: -1 }), {
    message: /^ms is -1, but it must be a whole number from 0 to 3600000\.$/,
  });
});

test.serial('a leader moves to the broker that it is told to, and stays there', async (t) => {
  const cluster = await served(t, { brokers: 3, topics: [{ name: 'orders', partitions: 2, replicationFactor: 3 }] });
  const leaderOf = (partition: number, seenBy: number): number | undefined => {
    const topics = [...(cluster.broker(seenBy).running?.inspect().metadata.topicsById.values() ?? [])];
    return topics.find(({ name }) => name === 'orders')?.partitions.get(partition)?.leader;
  };
  for (const broker of [1, 2, 3, 3]) {
    await cluster.moveLeader('orders', 1, broker);
    t.is(leaderOf(1, broker), broker);
  }
  await t.throwsAsync(cluster.moveLeader('orders', 7, 1), { message: /There is no partition orders-7\./ });
  await t.throwsAsync(cluster.moveLeader('orders', 0, 9), { message: /Broker 9 has no replica of orders-0: / });
  cluster.broker(2).kill();
  await sees(cluster, 1, [1, 3]);
  await t.throwsAsync(cluster.moveLeader('orders', 0, 2), { message: /Broker 2 can't lead now/ });
});

test.serial('a group rebalances when it is told to', async (t) => {
  const cluster = await served(t, { brokers: 1, topics: [{ name: 'orders' }] });
  const kafka = new Kafka({ brokers: cluster.bootstrapServers.split(','), logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: 'billing', heartbeatInterval: 100 });
  let joins = 0;
  const joined: (() => void)[] = [];
  consumer.on(consumer.events.GROUP_JOIN, () => {
    joins++;
    joined.shift()?.();
  });
  const nextJoin = (): Promise<void> =>
    new Promise((resolve) => {
      joined.push(resolve);
    });
  const first = nextJoin();
  await consumer.subscribe({ topics: ['orders'] });
  await consumer.run({ eachMessage: async () => {} });
  await first;
  const second = nextJoin();
  await cluster.rebalance('billing');
  await second;
  t.is(joins, 2);
  await consumer.disconnect();
  await t.throwsAsync(cluster.rebalance('billing'), { message: /Group billing has no members\./ });
  await t.throwsAsync(cluster.rebalance('nobodys'), { message: /There is no group nobodys\./ });
});
