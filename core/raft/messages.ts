/** The quorum's requests and answers: one topic, one partition, with the current leader and where it listens. */
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import { type BrokerId, type LeaderEpoch, NONE, type Offset } from '../protocol/numbers.ts';
import type { Draft } from '../protocol/schema.ts';
import type { Quorum } from './quorum.ts';

export const METADATA_TOPIC = '__cluster_metadata';

export interface SingleTopic<P> {
  readonly partitions: readonly (P & { readonly partitionIndex?: number; readonly partition?: number })[];
  readonly topicName?: string;
  readonly name?: string;
}

/** The request's one partition, if it is the metadata log's and the only one. */
export function onlyPartition<P>(topics: readonly SingleTopic<P>[]): P | null {
  const topic = topics[0];
  const partition = topic?.partitions[0];
  if (topics.length !== 1 || topic === undefined || topic.partitions.length !== 1 || partition === undefined) return null;
  if ((topic.topicName ?? topic.name) !== METADATA_TOPIC) return null;
  return (partition.partitionIndex ?? partition.partition) === 0 ? partition : null;
}

/** Null (unknown) is accepted, another cluster's id is not. */
export function isOwnCluster(quorum: Quorum, clusterId: string | null): boolean {
  return clusterId === null || clusterId === quorum.options.clusterId;
}

function nodeEndpoints(quorum: Quorum): { nodeId: BrokerId; host: string; port: number }[] {
  const leader = quorum.voters.get(quorum.leaderId);
  return leader === null ? [] : [{ nodeId: leader.id, host: leader.host, port: leader.port }];
}

function currentLeader(quorum: Quorum): { leaderId: BrokerId; leaderEpoch: LeaderEpoch } {
  return { leaderId: quorum.leaderId, leaderEpoch: quorum.epoch };
}

export function voteResponse(quorum: Quorum, errorCode: number, voteGranted: boolean): Draft<ResponseTypes['Vote']> {
  const partition = { partitionIndex: 0, errorCode, ...currentLeader(quorum), voteGranted };
  return { topics: [{ topicName: METADATA_TOPIC, partitions: [partition] }], nodeEndpoints: nodeEndpoints(quorum) };
}

/** The answer to BeginQuorumEpoch and EndQuorumEpoch alike. */
export function epochResponse(quorum: Quorum, errorCode: number): Draft<ResponseTypes['BeginQuorumEpoch']> {
  const partition = { partitionIndex: 0, errorCode, ...currentLeader(quorum) };
  return { topics: [{ topicName: METADATA_TOPIC, partitions: [partition] }], nodeEndpoints: nodeEndpoints(quorum) };
}

interface EpochAndOffset {
  readonly epoch: LeaderEpoch;
  readonly endOffset: Offset;
}

/** The default of such fields, which is not written. */
const NOWHERE: EpochAndOffset = { epoch: NONE, endOffset: NONE };
const NO_RECORDS = new Uint8Array(0);

export function fetchResponse(
  quorum: Quorum,
  answer: {
    readonly errorCode: number;
    readonly highWatermark: Offset;
    readonly records?: Uint8Array;
    readonly divergingEpoch?: EpochAndOffset;
    readonly snapshotId?: EpochAndOffset;
  },
): Draft<ResponseTypes['Fetch']> {
  const leader = quorum.voters.get(quorum.leaderId);
  return {
    responses: [
      {
        topic: METADATA_TOPIC,
        topicId: 'AAAAAAAAAAAAAAAAAAAAAQ',
        partitions: [
          {
            partitionIndex: 0,
            errorCode: answer.errorCode,
            highWatermark: answer.highWatermark,
            lastStableOffset: -1,
            logStartOffset: quorum.log.startOffset,
            divergingEpoch: answer.divergingEpoch ?? NOWHERE,
            currentLeader: currentLeader(quorum),
            snapshotId: answer.snapshotId ?? NOWHERE,
            abortedTransactions: [],
            records: answer.records ?? NO_RECORDS,
          },
        ],
      },
    ],
    nodeEndpoints: leader === null ? [] : [{ nodeId: leader.id, host: leader.host, port: leader.port, rack: null }],
  };
}

export function fetchSnapshotResponse(
  quorum: Quorum,
  partition: Draft<ResponseTypes['FetchSnapshot']['topics'][number]['partitions'][number]>,
): Draft<ResponseTypes['FetchSnapshot']> {
  return {
    topics: [{ name: METADATA_TOPIC, partitions: [{ index: 0, currentLeader: currentLeader(quorum), ...partition }] }],
    nodeEndpoints: nodeEndpoints(quorum),
  };
}

export function voteRequest(
  quorum: Quorum,
  voterId: BrokerId,
  epoch: LeaderEpoch,
  preVote: boolean,
): Draft<RequestTypes['Vote']> {
  const end = quorum.log.endPosition;
  const partition = {
    partitionIndex: 0,
    replicaEpoch: epoch,
    replicaId: quorum.self,
    replicaDirectoryId: quorum.options.directoryId,
    lastOffsetEpoch: end.epoch,
    lastOffset: end.offset,
    preVote,
  };
  return {
    clusterId: quorum.options.clusterId,
    voterId,
    topics: [{ topicName: METADATA_TOPIC, partitions: [partition] }],
  };
}

function leaderEndpoints(quorum: Quorum): { name: string; host: string; port: number }[] {
  const self = quorum.voters.get(quorum.self);
  return self === null ? [] : [{ name: 'CONTROLLER', host: self.host, port: self.port }];
}

export function beginQuorumEpochRequest(quorum: Quorum, voterId: BrokerId): Draft<RequestTypes['BeginQuorumEpoch']> {
  const partition = { partitionIndex: 0, leaderId: quorum.self, leaderEpoch: quorum.epoch };
  return {
    clusterId: quorum.options.clusterId,
    voterId,
    topics: [{ topicName: METADATA_TOPIC, partitions: [partition] }],
    leaderEndpoints: leaderEndpoints(quorum),
  };
}

export function endQuorumEpochRequest(quorum: Quorum, successors: readonly BrokerId[]): Draft<RequestTypes['EndQuorumEpoch']> {
  const partition = {
    partitionIndex: 0,
    leaderId: quorum.self,
    leaderEpoch: quorum.epoch,
    preferredSuccessors: successors,
    preferredCandidates: successors.map((candidateId) => ({ candidateId })),
  };
  return {
    clusterId: quorum.options.clusterId,
    topics: [{ topicName: METADATA_TOPIC, partitions: [partition] }],
    leaderEndpoints: leaderEndpoints(quorum),
  };
}

/** Why a request for the leader can't be served here, or NONE. */
export function leaderRequestError(quorum: Quorum, requestEpoch: LeaderEpoch): number {
  if (requestEpoch < quorum.epoch) return ErrorCode.FENCED_LEADER_EPOCH;
  if (requestEpoch > quorum.epoch) return ErrorCode.UNKNOWN_LEADER_EPOCH;
  return quorum.role.name === 'leader' ? ErrorCode.NONE : ErrorCode.NOT_LEADER_OR_FOLLOWER;
}
