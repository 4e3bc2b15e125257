/** Fetch, of consumers and of followers; sessions and waiting are replication's. */
import { ApiError } from '../../controller/api-error.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { FetchPermit } from '../../replication/fetch-handler.ts';
import type { IncomingRequest } from '../../rpc/rpc-server.ts';
import { AclOperation } from '../../security/acl.ts';
import type { AuthHelper } from '../../security/auth-helper.ts';
import type { Handler } from '../broker-context.ts';

/** read_uncommitted and read_committed. */
const ISOLATION_LEVELS: readonly number[] = [0, 1];

export const handleFetch: Handler<'Fetch'> = (broker, request) => {
  const { isolationLevel } = request.body;
  if (!ISOLATION_LEVELS.includes(isolationLevel)) {
    throw new ApiError(ErrorCode.UNKNOWN_SERVER_ERROR, `There is no isolation level ${isolationLevel}.`);
  }
  const permit = permitOf(broker.auth, request);
  broker.fetches.handle(request.body, request.version, request.listener, permit, (response) => request.respond(response));
};

/** A follower needs CLUSTER_ACTION; a consumer READ of each topic, asked once for all partitions of it. */
function permitOf(auth: AuthHelper, request: IncomingRequest<'Fetch'>): FetchPermit | null {
  if (auth.authorizer === null) return null;
  const known = new Map<string, boolean>();
  return {
    follower: () => auth.cluster(request, AclOperation.CLUSTER_ACTION),
    consumer(topic) {
      let isAllowed = known.get(topic);
      if (isAllowed === undefined) known.set(topic, (isAllowed = auth.topic(request, AclOperation.READ, topic)));
      return isAllowed;
    },
  };
}
