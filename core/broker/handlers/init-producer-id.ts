/** InitProducerId for idempotent producers: always a new id, with epoch 0. */
import { ErrorCode } from '../../protocol/errors.ts';
import { AclOperation } from '../../security/acl.ts';
import type { Handler } from '../broker-context.ts';

const NONE = -1;

export const handleInitProducerId: Handler<'InitProducerId'> = (broker, request) => {
  const { transactionalId, producerId: knownId, producerEpoch: knownEpoch } = request.body;
  const refuse = (errorCode: number): void => request.respond({ errorCode, producerId: -1, producerEpoch: -1 });
  if (transactionalId !== null) {
    const isAllowed = broker.auth.transactionalId(request, AclOperation.WRITE, transactionalId);
    const errorCode = isAllowed ? ErrorCode.INVALID_REQUEST : ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
    refuse(errorCode);
    return;
  }
  if (!broker.auth.idempotentWrite(request)) {
    refuse(ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
    return;
  }
  if ((knownId === NONE) !== (knownEpoch === NONE)) {
    refuse(ErrorCode.INVALID_REQUEST);
    return;
  }
  const producerId = broker.producerIds.next();
  if (producerId === null) {
    refuse(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
    return;
  }
  request.respond({ errorCode: ErrorCode.NONE, producerId, producerEpoch: 0 });
};
