/** InitProducerId for idempotent producers: always a new id, with epoch 0. */
import { ErrorCode } from '../../protocol/errors.ts';
import { AclOperation } from '../../security/acl.ts';
import type { Handler } from '../BrokerContext.ts';

export const handleInitProducerId: Handler<'InitProducerId'> = (broker, request) => {
  const { transactionalId } = request.body;
  if (transactionalId !== null) {
    const isAllowed = broker.auth.transactionalId(request, AclOperation.WRITE, transactionalId);
    const errorCode = isAllowed ? ErrorCode.INVALID_REQUEST : ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
    request.respond({ errorCode, producerId: -1, producerEpoch: -1 });
    return;
  }
  if (!broker.auth.idempotentWrite(request)) {
    request.respond({ errorCode: ErrorCode.CLUSTER_AUTHORIZATION_FAILED, producerId: -1, producerEpoch: -1 });
    return;
  }
  const producerId = broker.producerIds.next();
  if (producerId === null) {
    request.respond({ errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, producerId: -1, producerEpoch: -1 });
    return;
  }
  request.respond({ errorCode: ErrorCode.NONE, producerId, producerEpoch: 0 });
};
