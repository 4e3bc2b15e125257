import test from 'ava';
import { Lab } from './testing/lab.ts';

const ends = (...outcomes: (unknown | null)[]) => outcomes.map((outcome) => outcome !== null);

test('within the budget a loss of power that would take the last clean in-sync copy is a crash', async (t) => {
  const lab = await Lab.begun();
  t.deepEqual(ends(lab.strike('power-loss', 'b1'), lab.strike('power-loss', 'b2')), [true, true]);
  t.is(lab.strike('power-loss', 'b3'), null);
  t.true(lab.isUp('b3'));
  t.deepEqual(lab.facts, ['b1 power-lost', 'b2 power-lost']);
  t.is(lab.exceeded, null);
  const all = await Lab.begun();
  const over = all.strike('cluster-power-loss', null);
  t.deepEqual([...new Set(all.facts.map((fact) => fact.split(' ')[1]))], ['crashed']);
  t.deepEqual(
    ['b1', 'c3'].map((name) => all.isUp(name)),
    [false, false],
  );
  over?.();
  t.deepEqual(
    ['b1', 'c3'].map((name) => all.isUp(name)),
    [true, true],
  );
});

test('where every append is synced, power may be lost everywhere, unless syncs have lied', async (t) => {
  const lab = await Lab.begun({ flushed: true });
  t.not(lab.strike('cluster-power-loss', null), null);
  t.is(lab.facts.filter((fact) => fact.endsWith('power-lost')).length, 6);
  t.is(lab.exceeded, null);
  const lying = await Lab.begun({ flushed: true });
  t.not(lying.strike('lost-write', 'b1'), null);
  await lying.run(500);
  t.deepEqual(lying.facts, ['b1 sync-lied']);
  t.not(lying.strike('power-loss', 'b1', {}, 1_000), null);
  await lying.run(2_000);
  for (const name of ['b2', 'b3']) t.not(lying.strike('lost-write', name), null);
  await lying.run(500);
  lying.facts.length = 0;
  // The two that have all of it would lose what they believe to be synced.
  t.is(lying.strike('cluster-power-loss', null), null, 'one that has not is in the in-sync set');
  lying.inSync(2, 3);
  t.not(lying.strike('cluster-power-loss', null), null);
  t.deepEqual([...new Set(lying.facts.map((fact) => fact.split(' ')[1]))], ['crashed']);
});

test('while an in-sync copy is not to be relied on, nothing happens to the last one that is', async (t) => {
  const lab = await Lab.begun();
  t.not(lab.strike('replace-node', 'b1'), null);
  const down = lab.strike('crash', 'b2');
  t.not(down, null);
  for (const kind of ['crash', 'pause', 'controlled-shutdown', 'replace-node', 'sync-failure', 'lost-write'] as const)
    t.is(lab.strike(kind, 'b3'), null, kind);
  for (const kind of [
    'isolate',
    'one-way-cut',
    'slow-process',
    'slow-disk',
    'latency-storm',
    'disk-full',
    'slow-metadata',
  ] as const)
    t.is(lab.strike(kind, 'b3'), null, kind);
  t.is(lab.strike('slow-metadata', 'c1'), null, 'all heartbeats may wait for it');
  down?.();
  lab.injector.budget.onStarted(2);
  lab.injector.budget.onRegistered(2);
  const stop = lab.strike('pause', 'b3');
  t.not(stop, null);
  stop?.();
  // The controller has given it up, and taken it back when it had copied everything.
  lab.inSync(2, 3);
  lab.inSync(2, 3, 1);
  t.not(lab.strike('replace-node', 'b2'), null);
});

test('one that has lost records and is eligible to lead is no better than one in the in-sync set', async (t) => {
  const lab = await Lab.begun();
  t.not(lab.strike('replace-node', 'b1'), null);
  lab.commit([3], [1, 2]);
  for (const kind of ['crash', 'pause', 'isolate', 'power-loss'] as const) t.is(lab.strike(kind, 'b3'), null, kind);
  // It has registered without proof that it ended in order.
  lab.commit([3], [2]);
  const stop = lab.strike('pause', 'b3');
  t.not(stop, null);
  stop?.();
  // Nobody leads: only who is eligible has what was committed.
  lab.commit([], [2, 3]);
  for (const name of ['b2', 'b3']) t.is(lab.strike('replace-node', name), null, name);
  t.is(lab.exceeded, null);
});

test('who is endangered by a fault is nobody to rely on until it has ended and a session has passed', async (t) => {
  const lab = await Lab.begun();
  t.not(lab.strike('replace-node', 'b1'), null);
  const slow = lab.strike('slow-process', 'b2', {}, 1_000);
  t.not(slow, null);
  t.is(lab.strike('crash', 'b3'), null);
  await lab.run(5_000);
  t.is(lab.strike('crash', 'b3'), null);
  await lab.run(9_000);
  t.not(lab.strike('crash', 'b3'), null);
});

test('a cut between clients and nodes ends no session; of two parts of the cluster the smaller is endangered', async (t) => {
  const lab = await Lab.begun();
  t.not(lab.strike('replace-node', 'b1'), null);
  t.not(lab.strike('client-cut', 'app'), null);
  t.not(lab.strike('isolate', 'b2'), null);
  t.is(lab.strike('isolate', 'b3'), null);
  t.not(lab.strike('stuck-connections', 'b3'), null, 'those with clients');
});

test('within the budget no voter loses what it has stored, and nobody has rotten or old bytes', async (t) => {
  const lab = await Lab.begun({ combined: true });
  for (const kind of ['replace-node', 'sync-failure', 'lost-write', 'bit-rot', 'torn-write', 'restore-disk'] as const)
    t.is(lab.strike(kind, 'b1'), null, kind);
  t.true(lab.isUp('b1'));
  t.deepEqual([lab.facts, lab.injector.counts], [[], {}]);
});

test('beyond the budget everything happens, and the ghost knows why it may cost records', async (t) => {
  const lab = await Lab.begun({ budget: 'beyond' });
  t.not(lab.strike('cluster-power-loss', null), null);
  t.is(lab.facts.filter((fact) => fact.endsWith('power-lost')).length, 6);
  t.regex(lab.exceeded ?? '', /^broker 3 lost power, and then every member of orders-0's in-sync set/);
  // With static voters one that forgets its votes breaks the promises of Raft, not Kafka's.
  const restore = { kind: 'restore-disk', atMs: 50_000, target: { role: 'broker', index: 0 }, forMs: 1, params: {} } as const;
  const voters = await Lab.begun({ budget: 'beyond', combined: true, faults: [restore] });
  for (const kind of ['replace-node', 'restore-disk'] as const) t.is(voters.strike(kind, 'b1'), null, kind);
});
