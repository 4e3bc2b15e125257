import test from 'ava';
import { World } from '../../world/world.ts';
import { ClusterState } from '../cluster-state.ts';
import { nodesOf } from '../cluster.ts';
import { DurabilityGhost } from '../durability.ts';
import { planOfSeed } from '../generate.ts';
import { FaultInjector } from './injector.ts';
import { FAULTS } from './registry.ts';

const NONE = { kinds: [], atMost: 0, swarm: false } as const;

type Loss = 'power-lost' | 'disk-wiped' | 'disk-corrupted';

/** Brokers b1 to b3 and one partition on all of them, led by b1. */
function lab(budget: 'within' | 'beyond', { combined = false, flushed = false } = {}) {
  const plan = planOfSeed(
    {
      scenario: 'test',
      cluster: { brokers: 3, controllers: 3, combined },
      topics: [],
      clients: [],
      chaosMs: 1,
      faults: NONE,
      budget,
    },
    FAULTS,
    1,
  );
  const world = new World({ seed: 1 });
  const nodes = nodesOf(plan);
  for (const { name } of nodes) world.createProcess({ name, machine: world.createMachine({ name }) }).start();
  const state = new ClusterState(new Map(nodes.map(({ nodeId, name }) => [nodeId, name])));
  const ghost = new DurabilityGhost(flushed);
  const losses: string[] = [];
  let epochs = 0;
  const injector = new FaultInjector({
    plan,
    world,
    nodes,
    clients: [],
    state,
    ghost,
    start: (name) => world.process(name).start(),
    startTwin: () => undefined,
    tell: (node: string, what: Loss) => {
      losses.push(`${node} ${what}`);
      const nodeId = nodes.find(({ name }) => name === node)?.nodeId ?? -1;
      if (what === 'power-lost') ghost.onPowerLost(nodeId);
      else ghost.onStorageLoss(nodeId, what);
    },
    log: () => undefined,
    offsetsPartition: () => 0,
  });
  const inSync = (...isr: number[]): void => {
    const epoch = ++epochs;
    ghost.onPartition({
      partition: 'orders-0',
      topic: 'orders',
      topicId: 'topic',
      replicas: [1, 2, 3],
      isr,
      elr: [],
      lastKnownElr: [],
      leader: isr[0] ?? -1,
      leaderEpoch: epoch,
      partitionEpoch: epoch,
      recovering: false,
    });
  };
  inSync(1, 2, 3);
  return { injector, world, losses, inSync, exceeded: () => ghost.partition('topic', 'orders-0')?.exceeded ?? null };
}

test('within the budget a loss of power that would take the last clean in-sync copy is a crash', (t) => {
  const { injector, world, losses, exceeded } = lab('within');
  t.is(injector.losePowerTogether(['b1', 'b2']), 'power-lost');
  t.is(injector.losePower('b3'), 'refused');
  t.true(world.process('b3').alive);
  t.deepEqual(losses, ['b1 power-lost', 'b2 power-lost']);
  t.is(exceeded(), null);
  const all = lab('within');
  t.is(all.injector.losePowerTogether(all.injector.nodes), 'crashed');
  t.deepEqual(all.losses, []);
  t.false(all.world.process('b1').alive);
});

test('where every append is synced, power may be lost everywhere', (t) => {
  const { injector, losses, exceeded } = lab('within', { flushed: true });
  t.is(injector.losePowerTogether(injector.nodes), 'power-lost');
  t.is(losses.length, injector.nodes.length);
  t.is(exceeded(), null);
});

test('while an in-sync copy is not to be relied on, nothing happens to the last one that is', (t) => {
  const { injector, inSync } = lab('within');
  t.true(injector.wipe('b1'));
  injector.start('b1');
  t.true(injector.crash('b2'));
  t.deepEqual([injector.crash('b3'), injector.pause('b3'), injector.shutDown('b3')], [false, false, false]);
  t.deepEqual([injector.wipe('b3'), injector.failSync('b3')], [false, false]);
  t.is(injector.cut(['b3'], ['b1', 'b2', 'c1', 'c2', 'c3'], false), null);
  injector.start('b2');
  t.true(injector.pause('b3'));
  injector.resume('b3');
  // The controller has given it up, and taken it back when it had copied everything.
  inSync(2, 3);
  inSync(2, 3, 1);
  t.true(injector.wipe('b2'));
});

test('within the budget no voter loses what it has stored, and nobody has rotten bytes', (t) => {
  const { injector } = lab('within', { combined: true });
  t.deepEqual([injector.wipe('b1'), injector.failSync('b1'), injector.rotBits('b1', 1)], [false, false, false]);
});

test('beyond the budget everything happens, and the ghost knows why it may cost records', (t) => {
  const { injector, losses, exceeded } = lab('beyond');
  t.is(injector.losePowerTogether(injector.nodes), 'power-lost');
  t.is(losses.length, injector.nodes.length);
  t.regex(exceeded() ?? '', /^broker 3 lost power, and then every member of orders-0's in-sync set/);
  // With static voters one that forgets its votes breaks the promises of Raft, not Kafka's.
  t.false(lab('beyond', { combined: true }).injector.wipe('b1'));
});
