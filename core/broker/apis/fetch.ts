/** Fetch, of consumers and of followers; sessions and waiting are replication's. On a controller: of the metadata log. */
import { ApiError } from '../../controller/api-error.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { FetchPermit } from '../../replication/fetch-handler.ts';
import { AclOperation } from '../../security/acl.ts';
import { onCluster, onTopic } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

/** read_uncommitted and read_committed. */
const ISOLATION_LEVELS: readonly number[] = [0, 1];
/** Since sessions there is a place for an error of the whole request, but old clients look at the partitions. */
const ERROR_PER_PARTITION_UP_TO = 12;

export const fetchApi = defineApi({
  name: 'Fetch',
  versions: [4, 18],
  failed: ({ body, version, errorCode }) => ({
    errorCode,
    sessionId: body.sessionId,
    responses:
      version > ERROR_PER_PARTITION_UP_TO
        ? []
        : body.topics.map(({ topic, partitions }) => ({
            topic,
            partitions: partitions.map(({ partition }) => ({
              partitionIndex: partition,
              errorCode,
              highWatermark: -1,
              records: new Uint8Array(0),
            })),
          })),
  }),
  broker: {
    authorization: { items: { follow: onCluster(AclOperation.CLUSTER_ACTION), read: onTopic(AclOperation.READ) } },
    handle(broker, request, may) {
      const { isolationLevel } = request.body;
      if (!ISOLATION_LEVELS.includes(isolationLevel)) {
        throw new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, `There is no isolation level ${isolationLevel}.`);
      }
      const permit = broker.auth.authorizer === null ? null : permitOf(may.follow, may.read);
      broker.fetches.handle(request.body, request.version, request.listener, permit, (response) => request.respond(response));
    },
  },
  controller: {
    authorization: { request: onCluster(AclOperation.CLUSTER_ACTION) },
    handle: ({ raft }, request) => raft.Fetch(request),
  },
});

/** A follower needs CLUSTER_ACTION; a consumer READ of each topic, asked once for all partitions of it. */
function permitOf(mayFollow: () => boolean, mayRead: (topic: string) => boolean): FetchPermit {
  const known = new Map<string, boolean>();
  return {
    follower: mayFollow,
    consumer(topic) {
      let isAllowed = known.get(topic);
      if (isAllowed === undefined) known.set(topic, (isAllowed = mayRead(topic)));
      return isAllowed;
    },
  };
}
