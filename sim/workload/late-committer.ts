/**
 * Commits under a generation that may be over, as clients do whose commits come from another thread than their polls (kafkajs
 * commits what a batch handler ends with the generation in which the batch was fetched). The coordinator must refuse them:
 * ILLEGAL_GENERATION, or UNKNOWN_MEMBER_ID. They are not in the history, because nobody relies on them.
 */
import type { ApiRanges } from '../../core/rpc/api-versions.ts';
import { ADMIN_CONFIG, type ClientConfigName, type GivenConfigs, parseConfig } from '../../core/config/index.ts';
import { AdminCalls, firstError } from '../../core/client/admin/admin-calls.ts';
import type { GroupMetadata } from '../../core/client/consumer/consumer.ts';
import { KafkaError } from '../../core/client/errors.ts';
import { OFFSETS_BY_NAME } from '../../core/client/offset-versions.ts';
import { groupByTopic } from '../../core/client/metadata.ts';
import { closeSession, openSession, type Session } from '../../core/client/session.ts';
import type { ClientEnvironment } from '../../core/environment.ts';
import type { PartitionOffset } from '../history.ts';

export class LateCommitter {
  readonly #session: Session;
  readonly #calls: AdminCalls;

  constructor(env: ClientEnvironment, properties: GivenConfigs<ClientConfigName>, apis?: ApiRanges) {
    const config = parseConfig(ADMIN_CONFIG, properties);
    this.#session = openSession(env, config, { clientId: `${env.nodeName}-late`, allowAutoTopicCreation: false, apis });
    this.#calls = new AdminCalls(this.#session, config['default.api.timeout.ms']);
    this.#session.metadata.requestUpdate(true);
  }

  /** Resolves when the coordinator has answered, or nobody has in time. */
  async commit(as: GroupMetadata, offsets: readonly PartitionOffset[]): Promise<void> {
    const { groupId } = as;
    if (as.generationId < 0 || offsets.length === 0) return;
    const topics = Array.from(groupByTopic(offsets), ([name, of]) => ({
      name,
      partitions: of.map(({ partition, offset }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: -1,
        committedMetadata: 'late',
      })),
    }));
    const request = {
      groupId,
      generationIdOrMemberEpoch: as.generationId,
      memberId: as.memberId,
      groupInstanceId: null,
      topics,
    };
    try {
      await this.#calls.call(
        { kind: 'coordinator', group: groupId },
        'OffsetCommit',
        request,
        (answer) => firstError(answer.topics.flatMap((topic) => topic.partitions)),
        undefined,
        OFFSETS_BY_NAME,
      );
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error;
    }
  }

  close(): void {
    this.#calls.close();
    closeSession(this.#session);
  }
}
