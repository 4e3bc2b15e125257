/** Whether a broker answers in the consumer protocol (KIP-848): the cluster has `group.version` 1, and the broker's properties name it. */
import { ApiError } from '../controller/api-error.ts';
import { featureLevel, GROUP_VERSION } from '../metadata/features.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { BrokerContext } from './broker-context.ts';

/** Throws ApiError UNSUPPORTED_VERSION where it does not. */
export function requireConsumerProtocol({ config, image }: Pick<BrokerContext, 'config' | 'image'>): void {
  const isNamed = config['group.coordinator.rebalance.protocols'].includes('consumer');
  if (isNamed && featureLevel(image().features, GROUP_VERSION) >= 1) return;
  throw new ApiError(ErrorCode.UNSUPPORTED_VERSION, 'The consumer protocol is not switched on: it takes group.version 1.');
}
