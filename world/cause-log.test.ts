/** What events come of: the timer that was set, the frame that was sent, the sync that was begun, also where they had to wait. */
import test from 'ava';
import { createNodeHost } from '../campaign/host-node.ts';
import type { ProcessPorts } from '../ports/process.ts';
import { World, type WorldOptions } from './world.ts';

const SECOND = 1_000_000;

interface Seen {
  readonly node: string;
  readonly type: string;
  readonly event: number;
}

/** A client asks a server, which writes a file, syncs it, and answers two milliseconds later. */
async function asking(options: Partial<WorldOptions>, meanwhile: (world: World) => void = () => {}) {
  const world = new World({ seed: 3, ...options });
  const seen: Seen[] = [];
  world.observe({ onEvent: (node, _, __, { type }) => void seen.push({ node, type, event: world.kernel.handled }) });
  const server = (env: ProcessPorts): undefined => {
    env.network.listen(1, (connection) => ({
      onData: () => {
        env.tracer.emit({ type: 'asked' });
        const file = env.disk.open('/f', { create: true });
        file.append(Uint8Array.of(1));
        file.sync(() => {
          env.tracer.emit({ type: 'synced' });
          env.timers.after(2, () => {
            env.tracer.emit({ type: 'answers' });
            connection.send(Uint8Array.of(2));
          });
        });
      },
      onClose() {},
    }));
  };
  const client = (env: ProcessPorts): undefined => {
    env.timers.after(1, () => {
      env.tracer.emit({ type: 'asks' });
      const connection = env.network.connect('server', 1, {
        onData: () => env.tracer.emit({ type: 'answered' }),
        onClose() {},
      });
      connection.send(Uint8Array.of(1));
    });
  };
  for (const [name, entry] of [
    ['server', server],
    ['client', client],
  ] as const) {
    world.createProcess({ name, machine: world.createMachine({ name }), entry }).start();
  }
  meanwhile(world);
  await world.run({ until: 20 * SECOND, host: createNodeHost() });
  const eventOf = (type: string): number => seen.find((each) => each.type === type)?.event ?? -1;
  return { world, eventOf };
}

/** Everything that an event came of. */
function origins(world: World, event: number): ReadonlySet<number> {
  const found = new Set<number>();
  const left = [event];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    for (const cause of world.kernel.causes?.causesOf(next) ?? []) {
      if (found.has(cause)) continue;
      found.add(cause);
      left.push(cause);
    }
  }
  return found;
}

test('an answer comes of the timer, the sync and the frames that led to it, and of nothing later', async (t) => {
  const { world, eventOf } = await asking({ causes: true });
  const of = origins(world, eventOf('answered'));
  for (const type of ['answers', 'synced', 'asked', 'asks']) t.true(of.has(eventOf(type)), type);
  t.false(origins(world, eventOf('asked')).has(eventOf('synced')));
  t.is(world.kernel.causes?.kindOf(eventOf('answers')), 'timer');
  t.is(world.kernel.causes?.kindOf(eventOf('answered')), 'chunk');
  t.deepEqual(
    ['answers', 'answered'].map((type) => world.kernel.causes?.processOf(eventOf(type))),
    [1, 2],
  );
});

test('what waits for a paused process, or is sent again after a cut, still comes of its sender', async (t) => {
  const paused = await asking({ causes: true }, (world) => {
    world.after(500, () => world.process('server').pause());
    world.after(SECOND, () => world.process('server').resume());
  });
  t.true(origins(paused.world, paused.eventOf('answered')).has(paused.eventOf('asks')));
  const late = await asking({ causes: true }, (world) => {
    world.observe({
      onEvent: (_, __, ___, { type }) => {
        if (type !== 'synced') return;
        world.after(1_000, () => world.process('server').pause());
        world.after(SECOND, () => world.process('server').resume());
      },
    });
  });
  t.true(late.world.kernel.causes?.causesOf(late.eventOf('answers')).includes(late.eventOf('synced')));
  const cut = await asking({ causes: true }, (world) => {
    world.observe({
      onEvent: (_, __, ___, { type }) => {
        if (type !== 'answers') return;
        const heal = world.network.cut(['server'], ['client']);
        world.after(SECOND, heal);
      },
    });
  });
  t.true(cut.world.now >= SECOND && cut.eventOf('answered') > 0);
  t.true(cut.world.kernel.causes?.causesOf(cut.eventOf('answered')).includes(cut.eventOf('answers')));
});

test('a world does the same with such a log and without', async (t) => {
  const [kept, not] = [await asking({ causes: true }), await asking({})];
  t.is(kept.world.trace.digest(), not.world.trace.digest());
  t.is(not.world.kernel.causes, null);
});
