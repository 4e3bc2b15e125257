/**
 * What a program's consumers do in their groups, off its frames: which partitions they are given (SyncGroup), what they commit, and what they are told
 * is committed. Model:
 * - A member is a session, from its first assignment until it leaves or its process dies. It names the offsets that it commits.
 * - A commit is an operation for each partition. One that is refused, or whose answer does not come, may have been applied all the same.
 */
import { partitionsOf } from '../../core/group/assignment.ts';
import { ErrorCode, errorName } from '../../core/protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../../core/protocol/messages/index.ts';
import { type TopicPartition, topicPartitionKey } from '../../core/protocol/partition.ts';
import type { Invocation, PartitionOffset, Session } from '../history.ts';
import type { Recorder } from '../workload/recorder.ts';
import type { SentRequest } from './tap.ts';

export interface GroupHistoryOptions {
  readonly recorder: Recorder;
  readonly open: (properties: Session['properties']) => Session;
  readonly nameOf: (name: string, topicId: string) => string;
}

interface Member {
  readonly session: Session;
  partitions: readonly TopicPartition[];
  generation: number;
}

/** What is under way of a request. */
interface Operation {
  readonly session: Session;
  readonly op: number;
  readonly call: Invocation;
  readonly offset: PartitionOffset | null;
}

export class GroupHistory {
  readonly #options: GroupHistoryOptions;
  /** By group and member id. */
  readonly #members = new Map<string, Member>();
  /** By group: of what is asked and committed, whoever it is. */
  readonly #groups = new Map<string, Session>();
  readonly #underWay = new Map<SentRequest, readonly Operation[]>();

  constructor(options: GroupHistoryOptions) {
    this.#options = options;
  }

  sessions(): Session[] {
    return [...[...this.#members.values()].map(({ session }) => session), ...this.#groups.values()];
  }

  sent(sent: SentRequest): void {
    const { api, body } = sent.request;
    if (api === 'JoinGroup') this.#joining(body as RequestTypes['JoinGroup']);
    else if (api === 'LeaveGroup') this.#leaving(body as RequestTypes['LeaveGroup']);
    else if (api === 'OffsetCommit') this.#committing(sent, body as RequestTypes['OffsetCommit']);
    else if (api === 'OffsetFetch') this.#asking(sent, body as RequestTypes['OffsetFetch']);
  }

  answered(sent: SentRequest, body: ResponseTypes[keyof ResponseTypes]): void {
    const { api } = sent.request;
    if (api === 'SyncGroup') this.#assigned(sent.request.body as RequestTypes['SyncGroup'], body as ResponseTypes['SyncGroup']);
    else if (api === 'OffsetCommit') this.#committed(sent, body as ResponseTypes['OffsetCommit']);
    else if (api === 'OffsetFetch') this.#told(sent, body as ResponseTypes['OffsetFetch']);
  }

  lost(sent: SentRequest): void {
    this.#end(sent, () => 'the connection ended');
  }

  /** By the eager protocol a member gives up all that it has before it joins again. */
  #joining({ groupId, memberId }: RequestTypes['JoinGroup']): void {
    const member = this.#members.get(`${groupId}/${memberId}`);
    if (member !== undefined) this.#hold(member, [], member.generation);
  }

  #leaving({ groupId, memberId, members }: RequestTypes['LeaveGroup']): void {
    for (const id of [memberId, ...members.map((each) => each.memberId)]) {
      const key = `${groupId}/${id}`;
      const member = this.#members.get(key);
      if (member === undefined) continue;
      this.#hold(member, [], member.generation);
      this.#options.recorder.end(member.session, 'closed');
      this.#members.delete(key);
    }
  }

  #assigned({ groupId, memberId, generationId }: RequestTypes['SyncGroup'], answer: ResponseTypes['SyncGroup']): void {
    if (answer.errorCode !== ErrorCode.NONE) return;
    const key = `${groupId}/${memberId}`;
    const member = this.#members.get(key) ?? { session: this.#open(groupId), partitions: [], generation: generationId };
    this.#members.set(key, member);
    this.#hold(member, partitionsOf(answer.assignment), generationId);
  }

  #hold(member: Member, partitions: readonly TopicPartition[], generation: number): void {
    const { recorder } = this.#options;
    if (member.partitions.length > 0) recorder.membership(member.session, 'revoked', member.partitions, member.generation);
    member.partitions = partitions;
    member.generation = generation;
    if (partitions.length > 0) recorder.membership(member.session, 'assigned', partitions, generation);
  }

  #committing(sent: SentRequest, { groupId, topics }: RequestTypes['OffsetCommit']): void {
    const session = this.#sessionOf(groupId);
    const operations = topics.flatMap(({ name, topicId, partitions }) =>
      partitions.map(({ partitionIndex, committedOffset }) => {
        const offset = { topic: this.#options.nameOf(name, topicId), partition: partitionIndex, offset: committedOffset };
        return this.#begin(session, { f: 'commit', mode: 'async', offsets: [offset] }, offset);
      }),
    );
    this.#underWay.set(sent, operations);
  }

  #committed(sent: SentRequest, { topics }: ResponseTypes['OffsetCommit']): void {
    const errors = new Map<string, number>();
    for (const { name, topicId, partitions } of topics)
      for (const { partitionIndex, errorCode } of partitions)
        errors.set(topicPartitionKey(this.#options.nameOf(name, topicId), partitionIndex), errorCode);
    this.#end(sent, ({ offset }) => {
      const code = offset === null ? undefined : errors.get(topicPartitionKey(offset.topic, offset.partition));
      if (code === undefined) return 'there is no answer for the partition';
      return code === ErrorCode.NONE ? null : errorName(code);
    });
  }

  #asking(sent: SentRequest, { groupId, topics, groups }: RequestTypes['OffsetFetch']): void {
    const asked = [{ groupId, topics: topics?.map((topic) => ({ ...topic, topicId: '' })) ?? null }, ...groups];
    const operations = asked.flatMap((group) => {
      const partitions = (group.topics ?? []).flatMap(({ name, topicId, partitionIndexes }) =>
        partitionIndexes.map((partition) => ({ topic: this.#options.nameOf(name, topicId), partition })),
      );
      if (group.groupId === '' || partitions.length === 0) return [];
      return [this.#begin(this.#sessionOf(group.groupId), { f: 'committed', partitions }, null)];
    });
    if (operations.length > 0) this.#underWay.set(sent, operations);
  }

  /** An answer with an error in it tells nothing. */
  #told(sent: SentRequest, { errorCode, topics, groups }: ResponseTypes['OffsetFetch']): void {
    const answers = groups.length > 0 ? groups : [{ errorCode, topics: topics.map((topic) => ({ ...topic, topicId: '' })) }];
    const operations = this.#underWay.get(sent) ?? [];
    this.#underWay.delete(sent);
    for (const [index, { session, op, call }] of operations.entries()) {
      const answer = answers[index];
      const found = (answer?.topics ?? []).flatMap(({ name, topicId, partitions }) =>
        partitions.map((each) => ({ ...each, topic: this.#options.nameOf(name, topicId) })),
      );
      const refused = answer === undefined ? ErrorCode.UNKNOWN_SERVER_ERROR : answer.errorCode;
      const error = found.find((each) => each.errorCode !== ErrorCode.NONE)?.errorCode ?? refused;
      if (error !== ErrorCode.NONE) {
        this.#options.recorder.fail(session, op, call, true, errorName(error));
        continue;
      }
      const offsets = found
        .filter(({ committedOffset }) => committedOffset >= 0)
        .map(({ topic, partitionIndex, committedOffset }) => ({ topic, partition: partitionIndex, offset: committedOffset }));
      this.#options.recorder.ok(session, op, call, { f: 'committed', offsets });
    }
  }

  #begin(session: Session, call: Invocation, offset: PartitionOffset | null): Operation {
    return { session, op: this.#options.recorder.invoke(session, call), call, offset };
  }

  /** `error`: how each has ended; null: well. */
  #end(sent: SentRequest, error: (operation: Operation) => string | null): void {
    const { recorder } = this.#options;
    for (const operation of this.#underWay.get(sent) ?? []) {
      const { session, op, call, offset } = operation;
      const why = error(operation);
      if (why === null && offset !== null) recorder.ok(session, op, call, { f: 'commit', offsets: [offset] });
      else recorder.fail(session, op, call, false, why ?? 'there is no answer for the partition');
    }
    this.#underWay.delete(sent);
  }

  #sessionOf(group: string): Session {
    let session = this.#groups.get(group);
    if (session === undefined) {
      session = this.#open(group);
      this.#groups.set(group, session);
    }
    return session;
  }

  #open(group: string): Session {
    return this.#options.open({ 'group.id': group, 'enable.auto.commit': false });
  }
}
