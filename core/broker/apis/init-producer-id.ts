/** InitProducerId: a new id with epoch 0 for an idempotent producer; for one with a transactional id what its coordinator decides. */
import { ErrorCode } from '../../protocol/errors.ts';
import { AclOperation } from '../../security/acl.ts';
import { onAnyTopic, onCluster, onTransactionalId } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { fencedError } from '../fenced-error.ts';

const NONE = -1;
/** Knows PRODUCER_FENCED from here on. */
const FENCED_VERSION = 4;

export const initProducerIdApi = defineApi({
  name: 'InitProducerId',
  versions: [0, 5],
  failed: ({ errorCode }) => ({ errorCode, producerId: -1, producerEpoch: -1 }),
  controller: null,
  broker: {
    authorization: {
      items: {
        useTransaction: onTransactionalId(AclOperation.WRITE),
        // A producer without transactions writes somewhere, or may write anywhere (KIP-679).
        writeIdempotently: onCluster(AclOperation.IDEMPOTENT_WRITE),
        writeSomewhere: onAnyTopic(AclOperation.WRITE),
      },
    },
    handle(broker, request, may) {
      const { transactionalId, transactionTimeoutMs, producerId: knownId, producerEpoch: knownEpoch } = request.body;
      const refuse = (errorCode: number): void => request.respond({ errorCode, producerId: -1, producerEpoch: -1 });
      if (transactionalId !== null && !may.useTransaction(transactionalId)) {
        refuse(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
        return;
      }
      if (transactionalId === null && !may.writeIdempotently() && !may.writeSomewhere()) {
        refuse(ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
        return;
      }
      if ((knownId === NONE) !== (knownEpoch === NONE)) {
        refuse(ErrorCode.INVALID_REQUEST);
        return;
      }
      if (transactionalId !== null) {
        const expected = knownId === NONE ? null : { producerId: knownId, producerEpoch: knownEpoch };
        const asked = { transactionalId, timeoutMs: transactionTimeoutMs, expected };
        broker.transactions.initProducerId(asked, ({ error, producerId, producerEpoch }) =>
          request.respond({ errorCode: fencedError(error, request.version >= FENCED_VERSION), producerId, producerEpoch }),
        );
        return;
      }
      const producerId = broker.producerIds.next();
      if (producerId === null) {
        refuse(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
        return;
      }
      request.respond({ errorCode: ErrorCode.NONE, producerId, producerEpoch: 0 });
    },
  },
});
