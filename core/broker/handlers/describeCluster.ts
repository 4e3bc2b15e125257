/** DescribeCluster: the live brokers (KIP-700). */
import { ErrorCode } from '../../protocol/errors.ts';
import type { Handler } from '../BrokerContext.ts';
import { aliveNodes } from '../metadataView.ts';

const BROKERS = 1;

export const handleDescribeCluster: Handler<'DescribeCluster'> = (broker, request) => {
  const { clusterId } = broker;
  if (request.version >= 1 && request.body.endpointType !== BROKERS) {
    const errorMessage = 'a broker describes brokers only';
    request.respond({ errorCode: ErrorCode.MISMATCHED_ENDPOINT_TYPE, errorMessage, clusterId, controllerId: -1 });
    return;
  }
  const nodes = aliveNodes(broker.image(), request.listener);
  request.respond({
    errorCode: ErrorCode.NONE,
    endpointType: BROKERS,
    clusterId,
    controllerId: nodes.length === 0 ? -1 : broker.env.random.stream('broker/metadata').pick(nodes, 'controller-id').nodeId,
    brokers: nodes.map(({ nodeId, host, port, rack }) => ({ brokerId: nodeId, host, port, rack })),
  });
};
