/** DescribeCluster: the live brokers (KIP-700) and the fenced ones (KIP-1073), or on a controller the controllers (KIP-919). */
import { ApiError } from '../../controller/api-error.ts';
import { metadataVersionOf } from '../../metadata/features.ts';
import { supportsControllerRegistration } from '../../metadata/metadata-version.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { DescribeClusterResponse, DescribeClusterResponseDescribeClusterBroker } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import type { IncomingRequest } from '../../rpc/rpc-server.ts';
import { AclOperation, AclResourceType, CLUSTER_NAME } from '../../security/acl.ts';
import type { AuthHelper } from '../../security/auth-helper.ts';
import { onCluster } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import type { BrokerContext } from '../broker-context.ts';
import type { ControllerContext } from '../controller-context.ts';
import { aliveNodes, fencedNodes, type Node } from '../metadata-view.ts';

const EndpointType = { BROKERS: 1, CONTROLLERS: 2 } as const;

export const describeClusterApi = defineApi({
  name: 'DescribeCluster',
  versions: [0, 2],
  failed: ({ errorCode, errorMessage }) => ({ errorCode, errorMessage }),
  broker: {
    authorization: { items: { describe: onCluster(AclOperation.DESCRIBE) } },
    handle(broker, request, may) {
      const nodes = (): Nodes => brokers(broker, request.listener, request.body.includeFencedBrokers);
      request.respond(describe(broker, request, may.describe, EndpointType.BROKERS, nodes));
    },
  },
  controller: {
    authorization: { request: onCluster(AclOperation.ALTER), items: { describe: onCluster(AclOperation.DESCRIBE) } },
    handle(controller, request, may) {
      if (!supportsControllerRegistration(metadataVersionOf(controller.controller.image.features))) {
        throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, 'At this metadata.version controllers do not tell of each other.');
      }
      request.respond(describe(controller, request, may.describe, EndpointType.CONTROLLERS, () => controllers(controller)));
    },
  },
});

interface Nodes {
  readonly controllerId: number;
  readonly brokers: Draft<DescribeClusterResponseDescribeClusterBroker>[];
}

/** `nodes` are asked for only if the request is for this type of endpoint. */
function describe(
  { auth, clusterId }: { readonly auth: AuthHelper; readonly clusterId: string },
  request: IncomingRequest<'DescribeCluster'>,
  mayDescribe: () => boolean,
  endpointType: number,
  nodes: () => Nodes,
): Draft<DescribeClusterResponse> {
  const asked = request.version === 0 ? EndpointType.BROKERS : request.body.endpointType;
  if (asked !== endpointType) {
    const isKnown = asked === EndpointType.BROKERS || asked === EndpointType.CONTROLLERS;
    const mismatch = request.version === 0 ? ErrorCode.INVALID_REQUEST : ErrorCode.MISMATCHED_ENDPOINT_TYPE;
    const errorCode = isKnown ? mismatch : ErrorCode.UNSUPPORTED_ENDPOINT_TYPE;
    const errorMessage = `Endpoint type ${asked} was asked for, but this endpoint is of type ${endpointType}.`;
    return { errorCode, errorMessage };
  }
  const answer = { errorCode: ErrorCode.NONE, endpointType, clusterId, ...nodes() };
  if (!request.body.includeClusterAuthorizedOperations) return answer;
  const operations = mayDescribe() ? auth.authorizedOperations(request, AclResourceType.CLUSTER, CLUSTER_NAME) : 0;
  return { ...answer, clusterAuthorizedOperations: operations };
}

function brokers(broker: BrokerContext, listener: string, includeFenced: boolean): Nodes {
  const image = broker.image();
  const alive = aliveNodes(image, listener);
  const fenced = includeFenced ? fencedNodes(image, listener) : [];
  return {
    controllerId: alive.length === 0 ? -1 : broker.env.random.stream('broker/metadata').pick(alive, 'controller-id').nodeId,
    brokers: [...alive.map((node) => described(node, false)), ...fenced.map((node) => described(node, true))],
  };
}

function described({ nodeId, host, port, rack }: Node, isFenced: boolean): Nodes['brokers'][0] {
  return { brokerId: nodeId, host, port, rack, isFenced };
}

function controllers({ controller, controllerListenerName, raft }: ControllerContext): Nodes {
  const registered = [...controller.image.controllers.values()].flatMap(({ id, endpoints }) => {
    const endpoint = endpoints.get(controllerListenerName);
    return endpoint === undefined ? [] : [{ brokerId: id, host: endpoint.host, port: endpoint.port, rack: null }];
  });
  return { controllerId: raft.leaderAndEpoch.leaderId, brokers: registered };
}
