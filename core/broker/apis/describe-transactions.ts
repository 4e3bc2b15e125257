/** DescribeTransactions: transactional ids as their coordinator has them, with the partitions whose topics the sender may describe. */
import { ErrorCode } from '../../protocol/errors.ts';
import { AclOperation } from '../../security/acl.ts';
import { onTopic, onTransactionalId } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';

export const describeTransactionsApi = defineApi({
  name: 'DescribeTransactions',
  versions: [0, 0],
  failed: ({ body, errorCode }) => ({
    transactionStates: body.transactionalIds.map((transactionalId) => ({ transactionalId, errorCode })),
  }),
  controller: null,
  broker: {
    authorization: {
      items: { describe: onTransactionalId(AclOperation.DESCRIBE), describeTopic: onTopic(AclOperation.DESCRIBE) },
    },
    handle({ transactions }, request, may) {
      request.respond({
        transactionStates: request.body.transactionalIds.map((transactionalId) => {
          if (!may.describe(transactionalId)) {
            return { transactionalId, errorCode: ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED };
          }
          const described = transactions.describe(transactionalId);
          return { ...described, topics: (described.topics ?? []).filter(({ topic }) => may.describeTopic(topic ?? '')) };
        }),
      });
    },
  },
});
