/** DescribeCluster: the live brokers (KIP-700), or on a controller the controllers (KIP-919). */
import { ErrorCode } from '../../protocol/errors.ts';
import type { DescribeClusterResponse, DescribeClusterResponseDescribeClusterBroker } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import type { IncomingRequest } from '../../rpc/rpc-server.ts';
import type { AuthHelper } from '../../security/auth-helper.ts';
import type { Handler } from '../broker-context.ts';
import { aliveNodes } from '../metadata-view.ts';

export const EndpointType = { BROKERS: 1, CONTROLLERS: 2 } as const;

export const handleDescribeCluster: Handler<'DescribeCluster'> = (broker, request) => {
  request.respond(
    describeCluster(broker.auth, request, EndpointType.BROKERS, broker.clusterId, () => {
      const nodes = aliveNodes(broker.image(), request.listener);
      return {
        controllerId: nodes.length === 0 ? -1 : broker.env.random.stream('broker/metadata').pick(nodes, 'controller-id').nodeId,
        brokers: nodes.map(({ nodeId, host, port, rack }) => ({ brokerId: nodeId, host, port, rack })),
      };
    }),
  );
};

/** `nodes` are asked for only if the request is for this type of endpoint. */
export function describeCluster(
  auth: AuthHelper,
  request: IncomingRequest<'DescribeCluster'>,
  endpointType: number,
  clusterId: string,
  nodes: () => { readonly controllerId: number; readonly brokers: Draft<DescribeClusterResponseDescribeClusterBroker>[] },
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
  return { ...described, clusterAuthorizedOperations: auth.clusterAuthorizedOperations(request) };
}
