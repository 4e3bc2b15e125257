/** DescribeCluster: the live brokers (KIP-700), or on a controller the controllers (KIP-919). */
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
import { aliveNodes } from '../metadata-view.ts';

const EndpointType = { BROKERS: 1, CONTROLLERS: 2 } as const;

export const describeClusterApi = defineApi({
  name: 'DescribeCluster',
  versions: [0, 1],
  failed: ({ errorCode, errorMessage }) => ({ errorCode, errorMessage }),
  broker: {
    authorization: { items: { describe: onCluster(AclOperation.DESCRIBE) } },
    handle(broker, request, may) {
      const nodes = (): Nodes => brokers(broker, request.listener);
      request.respond(describe(broker, request, may.describe, EndpointType.BROKERS, nodes));
    },
  },
  controller: {
    authorization: { request: onCluster(AclOperation.ALTER), items: { describe: onCluster(AclOperation.DESCRIBE) } },
    handle(controller, request, may) {
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
  const described = { errorCode: ErrorCode.NONE, endpointType, clusterId, ...nodes() };
  if (!request.body.includeClusterAuthorizedOperations) return described;
  const operations = mayDescribe() ? auth.authorizedOperations(request, AclResourceType.CLUSTER, CLUSTER_NAME) : 0;
  return { ...described, clusterAuthorizedOperations: operations };
}

function brokers(broker: BrokerContext, listener: string): Nodes {
  const nodes = aliveNodes(broker.image(), listener);
  return {
    controllerId: nodes.length === 0 ? -1 : broker.env.random.stream('broker/metadata').pick(nodes, 'controller-id').nodeId,
    brokers: nodes.map(({ nodeId, host, port, rack }) => ({ brokerId: nodeId, host, port, rack })),
  };
}

function controllers({ controller, controllerListenerName, raft }: ControllerContext): Nodes {
  const described = [...controller.image.controllers.values()].flatMap(({ id, endpoints }) => {
    const endpoint = endpoints.get(controllerListenerName);
    return endpoint === undefined ? [] : [{ brokerId: id, host: endpoint.host, port: endpoint.port, rack: null }];
  });
  return { controllerId: raft.leaderAndEpoch.leaderId, brokers: described };
}
