/** From a request on the broker's listener to the handler of its API. */
import { InvariantViolation } from '../../ports/invariant.ts';
import type { ApiName } from '../protocol/messages/index.ts';
import type { IncomingRequest } from '../rpc/rpc-server.ts';
import { describeAcls } from '../security/describe-acls.ts';
import { type ApiRanges, brokerApiVersions, FORWARDED_APIS, GROUP_APIS } from './api-versions.ts';
import { ApiError } from '../controller/api-error.ts';
import { ErrorCode } from '../protocol/errors.ts';
import { errorAnswer } from './error-answers.ts';
import type { BrokerContext, Handler } from './broker-context.ts';
import type { GroupApiName } from '../group/api.ts';
import { handleAlterConfigs } from './handlers/alter-configs.ts';
import { handleDeleteRecords } from './handlers/delete-records.ts';
import { handleDescribeCluster } from './handlers/describe-cluster.ts';
import { handleDescribeConfigs } from './handlers/describe-configs.ts';
import { handleDescribeLogDirs } from './handlers/describe-log-dirs.ts';
import { handleDescribeProducers } from './handlers/describe-producers.ts';
import { handleDescribeTopicPartitions } from './handlers/describe-topic-partitions.ts';
import { handleDescribeUserScramCredentials } from './handlers/describe-user-scram-credentials.ts';
import { handleFetch } from './handlers/fetch.ts';
import { handleFindCoordinator } from './handlers/find-coordinator.ts';
import { type ForwardedApi, forward } from './handlers/forward.ts';
import { handleGroupRequest } from './handlers/groups.ts';
import { handleInitProducerId } from './handlers/init-producer-id.ts';
import { handleListOffsets } from './handlers/list-offsets.ts';
import { handleMetadata } from './handlers/metadata.ts';
import { handleOffsetForLeaderEpoch } from './handlers/offset-for-leader-epoch.ts';
import { handleProduce } from './handlers/produce.ts';
import { handleSaslAuthenticate, handleSaslHandshake } from './handlers/sasl.ts';

/** A client's name and version, as KIP-511 wants them. */
const SOFTWARE = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

type AnyHandler = (broker: BrokerContext, request: IncomingRequest) => void;

/** Builds the function that a broker's RpcServer calls. */
export function requestRouter(broker: BrokerContext, ranges: ApiRanges): (request: IncomingRequest) => void {
  const handlers = new Map<ApiName, AnyHandler>();
  function route<A extends ApiName>(api: A, handler: Handler<A>): void {
    handlers.set(api, handler as unknown as AnyHandler);
  }
  route('Produce', handleProduce);
  route('Fetch', handleFetch);
  route('ListOffsets', handleListOffsets);
  route('Metadata', handleMetadata);
  route('OffsetForLeaderEpoch', handleOffsetForLeaderEpoch);
  route('FindCoordinator', handleFindCoordinator);
  route('InitProducerId', handleInitProducerId);
  route('DeleteRecords', handleDeleteRecords);
  route('DescribeConfigs', handleDescribeConfigs);
  route('DescribeCluster', handleDescribeCluster);
  route('DescribeLogDirs', handleDescribeLogDirs);
  route('DescribeProducers', handleDescribeProducers);
  route('DescribeTopicPartitions', handleDescribeTopicPartitions);
  route('DescribeAcls', (_, request) => request.respond(describeAcls(broker.auth, request, request.body)));
  route('DescribeUserScramCredentials', handleDescribeUserScramCredentials);
  route('SaslHandshake', handleSaslHandshake);
  route('SaslAuthenticate', handleSaslAuthenticate);
  route('ApiVersions', (_, request) => {
    const { clientSoftwareName, clientSoftwareVersion } = request.body;
    const isNamed = request.version < 3 || (SOFTWARE.test(clientSoftwareName) && SOFTWARE.test(clientSoftwareVersion));
    request.respond(isNamed ? brokerApiVersions(ranges, broker.image()) : { errorCode: ErrorCode.INVALID_REQUEST, apiKeys: [] });
  });
  for (const api of FORWARDED_APIS) handlers.set(api, (_, request) => forward(broker, request as IncomingRequest<ForwardedApi>));
  route('AlterConfigs', handleAlterConfigs);
  route('IncrementalAlterConfigs', handleAlterConfigs);
  for (const api of GROUP_APIS) {
    handlers.set(api, (_, request) => handleGroupRequest(broker, request as IncomingRequest<GroupApiName>));
  }
  return (request) => {
    const handler = handlers.get(request.api);
    if (handler === undefined) throw new InvariantViolation(`${request.api} is offered by the broker but has no handler`);
    try {
      handler(broker, request);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const answer = errorAnswer(request, error.code, error.message);
      if (answer === null) request.closeConnection();
      else request.respond(answer);
    }
  };
}
