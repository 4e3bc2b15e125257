import test from 'ava';
import { EMPTY_IMAGE, type MetadataImage } from '../metadata/image.ts';
import { DIRECTORY_UNASSIGNED } from '../protocol/directory-ids.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { AssignReplicasToDirsRequest } from '../protocol/messages/assign-replicas-to-dirs-request.ts';
import type { AssignReplicasToDirsResponse } from '../protocol/messages/assign-replicas-to-dirs-response.ts';
import { LeaderEpoch, PartitionEpoch } from '../protocol/numbers.ts';
import type { RpcResult } from '../rpc/rpc-client.ts';
import { AssignmentsManager } from './assignments-manager.ts';
import type { NodeToControllerChannel } from './node-to-controller-channel.ts';
import { TestWorld } from '../testing/test-world.ts';

interface Sent {
  readonly request: AssignReplicasToDirsRequest;
  readonly atMs: number;
  answer(result: RpcResult<AssignReplicasToDirsResponse>): void;
}

function imageOf(replicas: Readonly<Record<number, readonly number[]>>): MetadataImage {
  const partitions = new Map(
    Object.entries(replicas).map(([index, ids]) => [
      Number(index),
      {
        replicas: ids,
        directories: ids.map(() => DIRECTORY_UNASSIGNED),
        isr: ids,
        removingReplicas: [],
        addingReplicas: [],
        elr: [],
        lastKnownElr: [],
        leader: ids[0] ?? -1,
        leaderRecoveryState: 0 as const,
        leaderEpoch: LeaderEpoch(0),
        partitionEpoch: PartitionEpoch(0),
      },
    ]),
  );
  return { ...EMPTY_IMAGE, topicsById: new Map([['T', { name: 'orders', id: 'T', partitions }]]) };
}

function setUp(image: MetadataImage) {
  const world = new TestWorld();
  const sent: Sent[] = [];
  const channel = {
    send(_: string, request: AssignReplicasToDirsRequest, done: Sent['answer']) {
      sent.push({ request, atMs: world.nowMs, answer: done });
    },
    close() {},
  };
  const manager = new AssignmentsManager(world.environment('n1'), {
    brokerId: 1,
    channel: channel as unknown as NodeToControllerChannel,
    image: () => image,
  });
  return { world, sent, manager };
}

/** The controller's answer, with these errors by partition index; partitions in `silent` are left out. */
function answer(request: AssignReplicasToDirsRequest, errors: Record<number, number> = {}, silent: readonly number[] = []) {
  const directories = request.directories.map(({ id, topics }) => ({
    id,
    topics: topics.map(({ topicId, partitions }) => ({
      topicId,
      partitions: partitions
        .filter(({ partitionIndex }) => !silent.includes(partitionIndex))
        .map(({ partitionIndex }) => ({ partitionIndex, errorCode: errors[partitionIndex] ?? ErrorCode.NONE })),
    })),
  }));
  return { ok: true as const, version: 0, response: { throttleTimeMs: 0, errorCode: ErrorCode.NONE, directories } };
}

function partitionsOf({ request }: Sent): string[] {
  return request.directories.flatMap(({ id, topics }) =>
    topics.flatMap(({ partitions }) => partitions.map(({ partitionIndex }) => `${partitionIndex}:${id}`)),
  );
}

test('assignments of a tenth of a second go in one request, by directory; the newest word on a replica counts', (t) => {
  const { world, sent, manager } = setUp(imageOf({ 0: [1, 2], 1: [1], 2: [1] }));
  manager.assign('T', 0, 'A');
  manager.assign('T', 1, 'A');
  world.run(50);
  manager.assign('T', 2, 'B');
  manager.assign('T', 1, 'B');
  world.run(200);
  t.is(sent.length, 1);
  t.deepEqual(partitionsOf(sent[0] as Sent), ['0:A', '1:B', '2:B']);
  t.is(manager.pending, 3);
  sent[0]?.answer(answer(sent[0].request));
  world.run(20_000);
  t.is(manager.pending, 0);
  t.is(sent.length, 1);
});

test('one request at a time; what is refused or not answered is sent again', (t) => {
  const { world, sent, manager } = setUp(imageOf({ 0: [1], 1: [1], 2: [1], 3: [1] }));
  for (const index of [0, 1, 2]) manager.assign('T', index, 'A');
  world.run(200);
  manager.assign('T', 3, 'A');
  world.run(5_000);
  t.is(sent.length, 1);
  sent[0]?.answer(answer(sent[0].request, { 1: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }, [2]));
  world.run(200);
  t.is(sent.length, 2);
  t.deepEqual(partitionsOf(sent[1] as Sent).sort(), ['1:A', '2:A', '3:A']);
});

test('a request that fails as a whole is sent again after longer and longer waits, with newer words in place of older', (t) => {
  const { world, sent, manager } = setUp(imageOf({ 0: [1], 1: [1] }));
  manager.assign('T', 0, 'A');
  manager.assign('T', 1, 'A');
  const waits: number[] = [];
  for (let i = 0; i < 8; i++) {
    world.runUntil(() => sent.length > i, 30_000);
    const last = sent[i] as Sent;
    if (i === 0) manager.assign('T', 1, 'B');
    else waits.push(Math.round((last.atMs - (sent[i - 1] as Sent).atMs) / 100));
    last.answer({ ok: false, reason: 'timed-out', sent: true });
  }
  t.deepEqual(partitionsOf(sent[7] as Sent).sort(), ['0:A', '1:B']);
  t.true(
    waits.every((wait, i) => i === 0 || wait >= (waits[i - 1] as number)),
    String(waits),
  );
  t.true((waits[6] as number) >= 95 && (waits[6] as number) <= 103, String(waits));
});

test('a replica that this broker has no more is not assigned, and nothing is sent after the end', (t) => {
  const { world, sent, manager } = setUp(imageOf({ 0: [2] }));
  manager.assign('T', 0, 'A');
  manager.assign('T', 9, 'A');
  world.run(1_000);
  t.is(sent.length, 0);
  t.is(manager.pending, 0);
  manager.close();
  manager.assign('T', 0, 'A');
  world.run(1_000);
  t.is(sent.length, 0);
});
