import test from 'ava';
import { TestWorld } from '../../testing/test-world.ts';
import { MemberTimers } from './member-timers.ts';

function setUp() {
  const world = new TestWorld();
  const timers = new MemberTimers(world.environment('b1'));
  const ended: number[] = [];
  const end = () => void ended.push(world.nowMs);
  return { world, timers, ended, end };
}

test('a session ends so long after it was extended last, also if it is shorter then', (t) => {
  const { world, timers, ended, end } = setUp();
  timers.extendSession(1_000, end);
  world.run(600);
  timers.extendSession(1_000, end);
  world.run(999);
  t.deepEqual(ended, []);
  timers.extendSession(100, end);
  world.run(101);
  t.is(ended.length, 1);
});

test('what is tried again after a while is not, if the member is heard of meanwhile', (t) => {
  const { world, timers, ended, end } = setUp();
  timers.extendSession(1_000, end);
  world.run(1_001);
  timers.tryAgain(500, end);
  world.run(300);
  timers.extendSession(1_000, end);
  world.run(999);
  t.is(ended.length, 1);
  world.run(2);
  t.is(ended.length, 2);
  timers.tryAgain(10, end);
  world.run(11);
  t.is(ended.length, 3);
  timers.extendSession(1_000, end);
  timers.tryAgain(10, end);
  world.run(500);
  t.is(ended.length, 3);
  timers.stop();
  world.run(2_000);
  t.is(ended.length, 3);
});
