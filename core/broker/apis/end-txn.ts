/** EndTxn: a producer commits or aborts its transaction. */
import { AclOperation } from '../../security/acl.ts';
import { onTransactionalId } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { fencedError } from '../fenced-error.ts';

/** Knows PRODUCER_FENCED from here on. */
const FENCED_VERSION = 2;
/** Whoever sends this version has each end bump its epoch (transaction.version 2, KIP-890). */
const EPOCH_BUMP_VERSION = 5;

export const endTxnApi = defineApi({
  name: 'EndTxn',
  versions: [0, 5],
  failed: ({ errorCode }) => ({ errorCode }),
  controller: null,
  broker: {
    authorization: {
      request: onTransactionalId(AclOperation.WRITE),
      of: ({ transactionalId }) => transactionalId,
    },
    handle({ transactions }, request) {
      const { body, version } = request;
      const { transactionalId, producerId, producerEpoch, committed: commit } = body;
      const asked = { producerId, producerEpoch, commit, transactionVersion: version >= EPOCH_BUMP_VERSION ? 2 : 0 };
      transactions.endTransaction(transactionalId, asked, (result) => {
        const ownEpoch =
          version >= EPOCH_BUMP_VERSION ? { producerId: result.producerId, producerEpoch: result.producerEpoch } : {};
        request.respond({ errorCode: fencedError(result.error, version >= FENCED_VERSION), ...ownEpoch });
      });
    },
  },
});
