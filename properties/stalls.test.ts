import test from 'ava';
import { FakeContext } from './testing/fake-context.ts';
import { Stalls } from './stalls.ts';

const MS = 1_000;

test('what a process waits and what it is slow counts once, in the time asked about', (t) => {
  const context = new FakeContext();
  const stalls = new Stalls(context);
  const at = () => context.nowUs;
  const began = at();
  context.world(1, { type: 'slowed', factor: 50, busyUntilUs: 0 });
  context.pass(100);
  context.world(1, { type: 'paused' });
  context.pass(50);
  context.world(1, { type: 'resumed' });
  context.world(1, { type: 'slowed', factor: 5, busyUntilUs: 0 });
  context.pass(30);
  t.is(stalls.between('b1', began, at()), 180, 'it lasts');
  context.world(1, { type: 'slowed', factor: 1, busyUntilUs: at() });
  context.pass(1_000);
  t.is(stalls.between('b1', began, at()), 180);
  t.is(stalls.between('b1', began + 120 * MS, at()), 60);
  t.is(stalls.between('b1', began, began + 20 * MS), 20);
  t.is(stalls.between('b2', began, at()), 0);
  context.world(1, { type: 'paused' });
  context.pass(5);
  context.world(1, { type: 'crashed', reason: 'killed' });
  context.pass(5);
  t.is(stalls.between('b1', began, at()), 185, 'who is dead stands still no more');
});

test('what a slow process had begun takes its time, also when it is slow no more', (t) => {
  const context = new FakeContext();
  const stalls = new Stalls(context);
  const began = context.nowUs;
  context.world(1, { type: 'slowed', factor: 50, busyUntilUs: 0 });
  context.pass(100);
  context.world(1, { type: 'slowed', factor: 1, busyUntilUs: context.nowUs + 30 * MS });
  context.pass(1_000);
  t.is(stalls.between('b1', began, context.nowUs), 130);
});
