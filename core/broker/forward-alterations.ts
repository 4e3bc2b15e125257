/**
 * AlterConfigs and IncrementalAlterConfigs on a broker: it hands on no other broker's configs. Those are to be changed at the broker
 * itself.
 */
import { ResourceType } from '../metadata/image.ts';
import { ErrorCode } from '../protocol/errors.ts';
import type { RequestTypes, ResponseTypes } from '../protocol/messages/index.ts';
import type { Draft } from '../protocol/schema.ts';
import type { FailedAnswer } from '../rpc/failure.ts';
import type { IncomingRequest } from '../rpc/rpc-server.ts';
import type { BrokerContext } from './broker-context.ts';
import { forward, forwardPart } from './forward.ts';

type AlterApi = 'AlterConfigs' | 'IncrementalAlterConfigs';

export function forwardAlterations<A extends AlterApi>(
  broker: BrokerContext,
  request: IncomingRequest<A>,
  failed: FailedAnswer<A>,
): void {
  const { resources } = request.body;
  const isRefused = resources.map(
    ({ resourceType, resourceName }) =>
      resourceType === ResourceType.BROKER && resourceName !== '' && Number(resourceName) !== broker.brokerId,
  );
  const rest = resources.filter((_, index) => isRefused[index] === false);
  if (rest.length === resources.length) {
    forward(broker, request, failed);
    return;
  }
  /** In the order of the request. */
  const answered = ({ responses }: Draft<ResponseTypes[AlterApi]>): void => {
    let next = 0;
    const all = resources.map(({ resourceType, resourceName }, index) => {
      if (isRefused[index] === false) return responses?.[next++] ?? {};
      const errorMessage = `This is broker ${broker.brokerId}: the configs of broker ${resourceName} are changed there.`;
      return { errorCode: ErrorCode.INVALID_REQUEST, errorMessage, resourceType, resourceName };
    });
    request.respond({ responses: all } as Draft<ResponseTypes[A]>);
  };
  if (rest.length === 0) answered({ responses: [] });
  else forwardPart(broker, request, failed, { ...request.body, resources: rest } as RequestTypes[A], answered);
}
