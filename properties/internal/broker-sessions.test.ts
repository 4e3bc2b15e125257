import test from 'ava';
import { ScriptedCluster } from '../testing/cluster.ts';
import { brokerSessions } from './broker-sessions.ts';

const SESSION_MS = 9_000;
const expired = { type: 'broker-session-expired', brokerId: 1, brokerEpoch: 1 } as const;
const heartbeat = {
  type: 'broker-heartbeat-received',
  brokerId: 1,
  brokerEpoch: 1,
  wantFence: false,
  wantShutDown: false,
} as const;
const broker = (change = {}) => ({
  brokerId: 1,
  brokerEpoch: 1,
  incarnationId: 'i1',
  fenced: false,
  inControlledShutdown: false,
  ...change,
});

/** Node 1001 is the active controller from now on, brokers 1 to 3 are registered and unfenced. */
function cluster(): ScriptedCluster {
  const c = new ScriptedCluster([brokerSessions]);
  c.boot();
  c.context.emit(1001, { type: 'controller-activated', epoch: 1, claimOffset: 0 });
  return c;
}

test('C16: a session expires when it has passed since the last heartbeat came', (t) => {
  const fine = cluster();
  fine.context.emit(1001, heartbeat);
  fine.context.pass(SESSION_MS);
  fine.context.emit(1001, expired);
  fine.commit({}, [broker({ fenced: true })]);
  t.deepEqual(fine.violated, []);
  t.is(fine.context.evaluations['C16'], 1);
  const early = cluster();
  early.context.pass(SESSION_MS);
  early.context.emit(1001, heartbeat);
  early.context.pass(SESSION_MS - 100);
  early.context.emit(1001, expired);
  t.deepEqual(early.violated, ['C16']);
  t.like(early.context.factsOf('C16'), { nodeId: 1001, brokerId: 1 });
});

test('C16: a new controller gives every broker a whole session; what another controller heard is not its affair', (t) => {
  const c = cluster();
  c.context.pass(SESSION_MS);
  c.context.emit(1002, { type: 'controller-activated', epoch: 2, claimOffset: 0 });
  c.context.emit(1001, heartbeat);
  c.context.pass(SESSION_MS);
  c.context.emit(1002, expired);
  t.deepEqual(c.violated, []);
  const hasty = cluster();
  hasty.context.pass(SESSION_MS);
  hasty.context.emit(1002, { type: 'controller-activated', epoch: 2, claimOffset: 0 });
  hasty.context.emit(1002, expired);
  t.deepEqual(hasty.violated, ['C16']);
});

test('C16: a heartbeat of an earlier registration keeps nobody alive', (t) => {
  const c = cluster();
  c.context.emit(1001, { ...heartbeat, brokerEpoch: 5 });
  c.context.pass(SESSION_MS);
  c.context.emit(1001, heartbeat);
  c.context.emit(1001, { ...expired, brokerEpoch: 5 });
  t.deepEqual(c.violated, []);
});

test('C16: nobody is fenced without an expired session or a wish of its own', (t) => {
  const c = cluster();
  c.commit({}, [broker({ fenced: true })]);
  t.deepEqual(c.violated, ['C16']);
  for (const wish of [{ wantFence: true }, { wantShutDown: true }]) {
    const leaving = cluster();
    leaving.context.emit(1001, heartbeat);
    leaving.context.emit(1001, { ...heartbeat, ...wish });
    leaving.commit({}, [broker({ fenced: true })]);
    t.deepEqual(leaving.violated, []);
  }
});

test('C16: what a broker wishes while it starts, and a session that expired once, are no reason to fence it later', (t) => {
  const started = cluster();
  started.context.emit(1001, { ...heartbeat, wantFence: true });
  started.context.emit(1001, heartbeat);
  started.commit({}, [broker({ fenced: true })]);
  t.deepEqual(started.violated, ['C16']);
  const returned = cluster();
  returned.context.pass(SESSION_MS);
  returned.context.emit(1001, expired);
  returned.commit({}, [broker({ fenced: true })]);
  returned.context.emit(1001, heartbeat);
  returned.commit({}, [broker()]);
  t.deepEqual(returned.violated, []);
  returned.commit({}, [broker({ fenced: true })]);
  t.deepEqual(returned.violated, ['C16']);
});

test('C17: another incarnation is registered only when the session of the first is over', (t) => {
  const accepted = { type: 'broker-registration-accepted', brokerId: 1, brokerEpoch: 9, incarnationId: 'new' } as const;
  const twice = cluster();
  // As every broker does while it starts.
  twice.context.emit(1001, { ...heartbeat, wantFence: true });
  twice.context.emit(1001, heartbeat);
  twice.context.pass(SESSION_MS - 100);
  twice.context.emit(1001, accepted);
  t.deepEqual(twice.violated, ['C17']);
  const same = cluster();
  same.context.emit(1001, heartbeat);
  same.context.emit(1001, { ...accepted, brokerEpoch: 1, incarnationId: 'i1' });
  t.deepEqual(same.violated, [], 'a repeat by the same incarnation');
  const late = cluster();
  late.context.emit(1001, heartbeat);
  late.context.pass(SESSION_MS);
  late.context.emit(1001, accepted);
  t.deepEqual(late.violated, [], 'its session has passed, whether anybody noticed or not');
  const undecided = cluster();
  undecided.context.pass(SESSION_MS);
  undecided.context.emit(1001, expired);
  undecided.context.emit(1001, accepted);
  t.deepEqual(undecided.violated, [], 'the fencing is decided and not committed yet');
});
