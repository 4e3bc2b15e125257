/** How a run ends when the application under test is at fault, and who is blamed. */
import assert from 'node:assert/strict';
import test from 'ava';
import { groupReader } from '../scenarios/workloads/group-reader.ts';
import { writer } from '../scenarios/workloads/writer.ts';
import { scenario, type ScenarioClient, type ScenarioOptions } from '../scenarios/scenario.ts';
import type { CheckContext, PropertyDefinition } from '../sim/observe.ts';
import type { Workload } from '../sim/workload/context.ts';
import { simulate } from './simulate.ts';

const READER = { 'group.id': 'readers', 'auto.offset.reset': 'earliest', 'session.timeout.ms': 6_000 };

const WRITER: ScenarioClient = { name: 'writer', count: 1, run: writer, params: { topics: 'orders', perSecond: 20 } };

function client(run: Workload, properties: ScenarioClient['properties'] = {}): ScenarioClient {
  return { name: 'app', count: 1, run, properties };
}

async function play(clients: readonly ScenarioClient[], more: Partial<ScenarioOptions> = {}) {
  const tried = scenario({
    name: 'tried',
    about: 'tried by a test',
    cluster: { brokers: 1, controllers: 1 },
    topics: [{ name: 'orders', partitions: 2, replicationFactor: 1 }],
    clients,
    warmUpMs: 500,
    chaosMs: 2_000,
    faults: 'none',
    ...more,
  });
  return await simulate({ scenario: tried, seed: 1 });
}

function told(result: Awaited<ReturnType<typeof play>>): string {
  return result.error ?? result.violations.map(({ property, message }) => `${property} ${message}`).join('\n');
}

test('an assert that fails in an application is a violation of its own, with file and line', async (t) => {
  const run: Workload = async (context) => {
    await context.sleep(1_000);
    assert.equal(1 + 1, 3, 'the sums are wrong');
  };
  const result = await play([client(run)]);
  t.is(result.verdict, 'fail', told(result));
  t.deepEqual(
    result.violations.map(({ property }) => property),
    ['A1'],
  );
  t.regex(told(result), /^A1 app-1: AssertionError.*the sums are wrong/s);
  t.regex(told(result), /simulate\.test\.ts:\d+:\d+/);
  t.notRegex(told(result), /node:internal|kernel\.ts|process\.ts/);
  t.is((await play([client(run)])).violations[0]?.message, result.violations[0]?.message);
});

test('so is what an application throws at once, in a timer of its own, or with a cause', async (t) => {
  const atOnce = await play([client(() => Promise.reject(new Error('not today', { cause: new Error('no coffee') })))]);
  t.regex(told(atOnce), /^A1 app-1: Error: not today.*caused by Error: no coffee/s);
  const inTimer = await play([
    client(async (context) => {
      context.env.timers.after(100, () => {
        throw new TypeError('in a timer');
      });
      await context.sleep(200);
    }),
  ]);
  t.regex(told(inTimer), /^A1 app-1: TypeError: in a timer/);
  const noError = await play([client(() => Promise.reject('just a text'))]);
  t.is(told(noError), 'A1 app-1: just a text');
});

test('what an application that has returned left open is closed for it', async (t) => {
  const leaves: Workload = async (context) => {
    const producer = context.producer();
    await producer.send({ topic: 'orders', value: context.uniqueValue() });
    void producer.send({ topic: 'orders', value: context.uniqueValue() });
    const consumer = context.consumer(READER);
    consumer.subscribe(['orders']);
    await consumer.poll(500);
    context.admin();
  };
  const result = await play([WRITER, client(leaves)]);
  t.is(told(result), '');
  t.true(result.simulatedMs < 60_000, String(result.simulatedMs));
});

test('an application that has stopped polling is not at work: no verdict against the cluster, but one against it', async (t) => {
  const stops: Workload = async (context) => {
    const consumer = context.consumer({ ...READER, 'max.poll.interval.ms': 10_000 });
    consumer.subscribe(['orders']);
    for (let polls = 0; polls < 3; polls++) await consumer.poll(500);
    while (context.running()) await context.sleep(500);
  };
  const alone = await play([WRITER, client(stops)]);
  t.regex(told(alone), /^A2 nobody is at work in group readers: app-1 has not polled its consumer for \d+ ms/);
  t.is(alone.violations.length, 1);
  const other: ScenarioClient = { name: 'reader', count: 1, run: groupReader, properties: READER, params: { topics: 'orders' } };
  t.is(told(await play([WRITER, client(stops), other])), '');
});

test('an application that writes on while the cluster settles is told so; one whose producer rests is not', async (t) => {
  const goesOn: Workload = async (context) => {
    const producer = context.producer();
    while (context.running()) {
      await producer.send({ topic: 'orders', value: context.uniqueValue() });
      await context.sleep(200);
    }
  };
  t.regex(told(await play([client(goesOn)])), /^A2 not settled .* app-1 goes on sending although context\.writing\(\) is false/);
  const rests: Workload = async (context) => {
    const producer = context.producer();
    await producer.send({ topic: 'orders', value: context.uniqueValue() });
    while (context.running()) await context.sleep(500);
  };
  t.is(told(await play([client(rests)])), '');
});

test('what is made of records that were read may go on while the cluster settles, and is waited for', async (t) => {
  let wasWaitedFor = false;
  const follows: Workload = async (context) => {
    const producer = context.producer();
    const make = async (): Promise<void> => {
      await producer.send({ topic: 'orders', value: context.uniqueValue(), input: 'what was read' });
      await context.sleep(900);
    };
    while (context.writing()) await make();
    await context.toBeFinished(async () => {
      for (let made = 0; made < 20; made++) await make();
      wasWaitedFor = context.running();
      return true;
    });
    while (context.running()) await context.sleep(500);
  };
  const result = await play([client(follows)]);
  t.is(told(result), '');
  t.true(wasWaitedFor);
});

test('of the properties of a process each of its clients has those that it knows', async (t) => {
  const seen: unknown[] = [];
  const both: Workload = async (context) => {
    for (const { session } of [context.producer(), context.consumer(), context.admin()]) {
      const { 'client.id': id, acks, 'group.id': group } = session.properties;
      seen.push([id, acks, group]);
    }
  };
  t.is(told(await play([client(both, { 'client.id': 'mine', acks: '1', 'enable.idempotence': false, 'group.id': 'g' })])), '');
  t.deepEqual(seen, [
    ['mine', '1', undefined],
    ['mine', undefined, 'g'],
    ['mine', undefined, undefined],
  ]);
});

test('a checker that throws is an error of the judge, whoever caused the event it was told of', async (t) => {
  const broken = (listen: (context: CheckContext, fail: () => never) => void): PropertyDefinition => ({
    properties: [{ id: 'OWN1', title: 'of our own' }],
    create: (context) => {
      listen(context, () => {
        throw new TypeError('the checker is broken');
      });
      return {};
    },
  });
  const ways = [
    broken((context, fail) => context.on('became-leader', fail)),
    broken((context, fail) => context.onHistory(fail)),
    broken((context, fail) => context.onWorld(fail)),
  ];
  for (const check of ways) {
    const result = await play([WRITER], { checks: [check] });
    t.is(result.verdict, 'error');
    t.deepEqual(result.violations, []);
    t.regex(
      told(result),
      /^the harness at .* a checker of properties ended with an error: TypeError: the checker is broken\n.*simulate\.test\.ts:\d+/s,
    );
  }
});

test('a cluster of one broker has an offsets topic, and its groups a coordinator', async (t) => {
  const reader: ScenarioClient = { name: 'reader', count: 2, run: groupReader, properties: READER, params: { topics: 'orders' } };
  const result = await play([WRITER, reader]);
  t.is(told(result), '');
  t.true(result.recordsDelivered > 0);
});
