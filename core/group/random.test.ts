/**
 * Members that join, crash, leave, come back and commit at random, while appends are slow or refused and the coordinator moves:
 * the group properties (GR1, GR2, GR4, GR5, GR7, GR8) hold all along, and once it is calm the group becomes stable.
 */
import test from 'ava';
import fc from 'fast-check';
import { ErrorCode } from '../protocol/errors.ts';
import type { ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import { invariant } from '../../ports/invariant.ts';
import type { Asked } from '../testing/asked.ts';
import { GroupBench, bytes, firstError } from './testing/group-bench.ts';

const SLOTS = [null, null, 'i0', 'i1'] as const;

type Waiting =
  | { readonly kind: 'join'; readonly asked: Asked<Draft<ResponseTypes['JoinGroup']>> }
  | { readonly kind: 'sync'; readonly asked: Asked<Draft<ResponseTypes['SyncGroup']>> }
  | { readonly kind: 'heartbeat'; readonly asked: Asked<Draft<ResponseTypes['Heartbeat']>> };

class Client {
  readonly instance: string | null;
  isUp = false;
  id = '';
  generation = -1;
  isStable = false;
  waiting: Waiting | null = null;

  constructor(instance: string | null) {
    this.instance = instance;
  }

  reset(id = ''): void {
    this.id = id;
    this.generation = -1;
    this.isStable = false;
    this.waiting = null;
  }
}

class Model {
  readonly bench = new GroupBench({ 'group.initial.rebalance.delay.ms': 500, 'offsets.retention.minutes': 10_000 });
  readonly clients = SLOTS.map((instance) => new Client(instance));
  /** By generation: which assignment (its leader's nonce) was answered. */
  readonly answered = new Map<number, string>();
  readonly commits: { value: number; asked: ReturnType<GroupBench['commit']> }[] = [];
  /** Ids and generations of processes that are gone but still talk. */
  readonly zombies: { id: string; generation: number; instance: string | null }[] = [];
  #nonce = 0;

  constructor() {
    this.bench.pass(0);
  }

  /** One turn of every client. */
  turn(): void {
    for (const client of this.clients) {
      if (!client.isUp) continue;
      if (client.waiting === null) this.#act(client);
      else if (client.waiting.kind === 'join') this.#joined(client, client.waiting.asked.response);
      else if (client.waiting.kind === 'sync') this.#synced(client, client.waiting.asked.response);
      else this.#beaten(client, client.waiting.asked.response);
    }
    this.check();
  }

  crash(client: Client): void {
    this.zombies.push({ id: client.id, generation: client.generation, instance: client.instance });
    client.isUp = false;
    client.reset();
  }

  commit(member: { id: string; generation: number; instance: string | null }): void {
    const value = this.commits.length;
    this.commits.push({ value, asked: this.bench.commit(value, member) });
  }

  #join(client: Client): void {
    const asked = this.bench.join(client.id, { groupInstanceId: client.instance });
    client.waiting = { kind: 'join', asked };
  }

  #act(client: Client): void {
    if (!client.isStable) {
      this.#join(client);
      return;
    }
    const asked = this.bench.askHeartbeat(client.id, client.generation, client.instance);
    client.waiting = { kind: 'heartbeat', asked };
    this.#beaten(client, asked.response);
  }

  #beaten(client: Client, response: Draft<ResponseTypes['Heartbeat']> | undefined): void {
    if (response === undefined) return;
    client.waiting = null;
    const error = response.errorCode ?? 0;
    if (error === ErrorCode.REBALANCE_IN_PROGRESS) this.#join(client);
    else if (error === ErrorCode.ILLEGAL_GENERATION) client.reset(client.id);
    else if (error === ErrorCode.UNKNOWN_MEMBER_ID) client.reset();
    else if (error === ErrorCode.FENCED_INSTANCE_ID) this.crash(client);
  }

  #joined(client: Client, response: Draft<ResponseTypes['JoinGroup']> | undefined): void {
    if (response === undefined) return;
    client.waiting = null;
    switch (response.errorCode ?? 0) {
      case ErrorCode.NONE: {
        client.id = response.memberId ?? '';
        client.generation = response.generationId ?? -1;
        client.isStable = false;
        const leads = response.leader === client.id && response.skipAssignment !== true;
        const nonce = `${this.#nonce++}`;
        const parts = leads ? (response.members ?? []).map(({ memberId }) => [memberId ?? '', nonce]) : [];
        const asked = this.bench.sync(client.id, client.generation, Object.fromEntries(parts), client.instance);
        client.waiting = { kind: 'sync', asked };
        return;
      }
      case ErrorCode.MEMBER_ID_REQUIRED:
        client.reset(response.memberId);
        return;
      case ErrorCode.UNKNOWN_MEMBER_ID:
        client.reset();
        return;
      case ErrorCode.FENCED_INSTANCE_ID:
        this.crash(client);
        return;
      default:
        client.reset(client.id);
    }
  }

  #synced(client: Client, response: Draft<ResponseTypes['SyncGroup']> | undefined): void {
    if (response === undefined) return;
    client.waiting = null;
    const error = response.errorCode ?? 0;
    if (error === ErrorCode.UNKNOWN_MEMBER_ID) client.reset();
    else if (error === ErrorCode.FENCED_INSTANCE_ID) this.crash(client);
    else if (error !== ErrorCode.NONE) client.reset(client.id);
    else {
      client.isStable = true;
      const nonce = new TextDecoder().decode(response.assignment ?? bytes(''));
      const before = this.answered.get(client.generation);
      invariant(nonce !== '', () => `GR2: a member of generation ${client.generation} got nothing`);
      invariant(before === undefined || before === nonce, () => `GR2: two assignments in generation ${client.generation}`);
      this.answered.set(client.generation, nonce);
    }
  }

  /** What must hold at any moment. */
  check(): void {
    let generation = 0;
    for (const event of this.bench.world.events('group-assignment')) {
      invariant(event.generation > generation, () => `GR1: generation ${event.generation} after ${generation}`);
      generation = event.generation;
    }
    for (const event of this.bench.world.events('offset-committed')) {
      const isMembers = event.isCurrentMember && event.generation === event.groupGeneration;
      const isSimple = event.generation < 0 && event.groupState === 'Empty';
      invariant(isMembers || isSimple, () => `GR4: ${JSON.stringify(event)}`);
    }
    const [group] = this.bench.coordinator.groups();
    for (const instance of ['i0', 'i1']) {
      const lives = group?.members.filter((id) => id.startsWith(`${instance}-`)).length ?? 0;
      invariant(lives <= 1, () => `GR8: ${lives} members are ${instance}`);
    }
    const committed = this.bench.committed();
    if (committed < -1) return;
    const acked = this.commits.findLast(({ asked }) => asked.response !== undefined && firstError(asked.response) === 0);
    const unknown = [ErrorCode.COORDINATOR_NOT_AVAILABLE, ErrorCode.NOT_COORDINATOR] as number[];
    const isUncertain = this.commits.some(
      ({ value, asked }) => value === committed && (asked.response === undefined || unknown.includes(firstError(asked.response))),
    );
    const isLast = committed === (acked?.value ?? -1);
    const isLater = isUncertain && committed > (acked?.value ?? -1);
    invariant(isLast || isLater, () => `GR5, GR7: ${committed} is fetched, ${acked?.value} was acknowledged`);
  }

  /** Nothing goes wrong any more: does the group come to rest with everybody in it? */
  settle(): void {
    this.bench.log.commitsAtOnce = true;
    this.bench.log.refusal = ErrorCode.NONE;
    this.bench.log.commit();
    for (let second = 0; second < 120; second++) {
      this.bench.pass(1_000);
      this.turn();
    }
    const up = this.clients.filter(({ isUp }) => isUp);
    const described = this.bench.describe();
    const expected = up.length > 0 ? ['Stable'] : ['Empty', 'Dead'];
    invariant(expected.includes(described?.groupState ?? ''), () => `the group ends ${described?.groupState}`);
    const members = described?.members?.map(({ memberId }) => memberId) ?? [];
    invariant(members.length === up.length, () => `${members.length} members, ${up.length} clients`);
    for (const { id, isStable } of up) invariant(isStable && members.includes(id), () => `${id} is not in the group`);
    const { generation, offsets } = this.bench.coordinator.groups()[0] ?? {};
    this.bench.fail('b9', true);
    this.bench.pass(0);
    const loaded = this.bench.coordinator.groups()[0];
    // That a group became empty may not have been written: then its last generation is loaded, and its sessions end.
    const isSame = loaded?.generation === generation || up.length === 0;
    invariant(isSame, () => `generation ${generation} is loaded as ${loaded?.generation}`);
    invariant(JSON.stringify(loaded?.offsets) === JSON.stringify(offsets), () => 'other offsets are loaded');
    for (const { asked } of this.commits) invariant(asked.response !== undefined, () => 'a commit was never answered');
  }
}

const client = fc.integer({ min: 0, max: SLOTS.length - 1 });
const action = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('turn' as const), ms: fc.constantFrom(0, 100, 1_000, 4_000, 11_000) }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('start' as const), client }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('crash' as const, 'leave' as const), client }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('commit' as const), client }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('zombie' as const), which: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('slow' as const), isSlow: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('refuse' as const), isRefused: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('advance' as const), appends: fc.integer({ min: 1, max: 3 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('fail' as const),
      to: fc.constantFrom('b1', 'b2', 'b3'),
      keepTail: fc.boolean(),
      isTold: fc.boolean(),
    }),
  },
);
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

function perform(model: Model, step: Action): void {
  const { bench } = model;
  switch (step.kind) {
    case 'turn':
      bench.pass(step.ms);
      break;
    case 'start': {
      // An up static client is taken over by another process with its name.
      const it = model.clients[step.client] as Client;
      if (it.isUp && it.instance !== null) model.crash(it);
      it.isUp = true;
      break;
    }
    case 'crash':
      model.crash(model.clients[step.client] as Client);
      break;
    case 'leave': {
      const it = model.clients[step.client] as Client;
      if (it.id !== '') bench.leave({ memberId: it.id, groupInstanceId: it.instance });
      model.crash(it);
      break;
    }
    case 'commit': {
      const it = model.clients[step.client] as Client;
      if (it.isStable) model.commit(it);
      break;
    }
    case 'zombie': {
      const zombie = model.zombies[step.which % Math.max(1, model.zombies.length)];
      if (zombie !== undefined && zombie.id !== '') model.commit(zombie);
      break;
    }
    case 'slow':
      bench.log.commitsAtOnce = !step.isSlow;
      if (!step.isSlow) bench.log.commit();
      break;
    case 'refuse':
      bench.log.refusal = step.isRefused ? ErrorCode.NOT_ENOUGH_REPLICAS : ErrorCode.NONE;
      break;
    case 'advance':
      bench.log.commit(step.appends);
      break;
    case 'fail':
      bench.fail(step.to, step.keepTail, step.isTold);
  }
  model.turn();
}

test('random members, crashes, slow and refused appends, and coordinators that move', (t) => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 5, maxLength: 80, size: 'max' }), (steps) => {
      const model = new Model();
      for (const step of steps) perform(model, step);
      model.settle();
    }),
    { numRuns: 150, seed: 20_260_101 },
  );
  t.pass();
});
