import test from 'ava';
import { createNodeHost } from '../../campaign/host-node.ts';
import { World } from '../../world/world.ts';
import { kafkaEnvironment } from '../kafka-environment.ts';
import { Recorder } from './recorder.ts';
import { RecordingConsumer } from './recording-consumer.ts';

const SECOND = 1_000_000;

test('an application that waits for the end of a call has not given its consumer up; one that polls no more has', async (t) => {
  const world = new World({ seed: 1 });
  const app = world.createProcess({ name: 'app', machine: world.createMachine({ name: 'app' }), async: true });
  app.start();
  let consumer: RecordingConsumer | null = null;
  app.spawn(async (ports) => {
    const recorder = new Recorder({ step: () => world.kernel.handled, timeUs: () => world.now });
    const properties = { 'bootstrap.servers': 'nobody:9092', 'group.id': 'readers', 'max.poll.interval.ms': 5_000 };
    consumer = new RecordingConsumer(kafkaEnvironment(ports), recorder, 0, properties);
    // Nobody answers: it is tried for default.api.timeout.ms, 60 s.
    await consumer.commitSync([{ topic: 'orders', partition: 0, offset: 1 }]);
  });
  const isIdleAt = async (second: number) => {
    await world.run({ until: second * SECOND, host: createNodeHost() });
    return consumer?.isIdle;
  };
  t.false(await isIdleAt(30));
  t.false(await isIdleAt(64));
  t.true(await isIdleAt(66));
});

test('time passes for an application that polls on although every poll fails at once', async (t) => {
  const world = new World({ seed: 1 });
  const app = world.createProcess({ name: 'app', machine: world.createMachine({ name: 'app' }), async: true });
  app.start();
  let polls = 0;
  app.spawn(async (ports) => {
    const recorder = new Recorder({ step: () => world.kernel.handled, timeUs: () => world.now });
    const consumer = new RecordingConsumer(kafkaEnvironment(ports), recorder, 0, { 'bootstrap.servers': 'nobody:9092' });
    await consumer.close();
    while (polls < 1_000) {
      await consumer.poll(500);
      polls++;
    }
  });
  await world.run({ until: 2 * SECOND, host: createNodeHost() });
  t.true(polls > 10 && polls < 30, `${polls} polls in two seconds`);
});
