/** AddOffsetsToTxn: a transaction will commit offsets of a group, so that its partition of `__consumer_offsets` comes into it. */
import { ErrorCode } from '../../protocol/errors.ts';
import { topicPartitionKey } from '../../protocol/partition.ts';
import { AclOperation } from '../../security/acl.ts';
import { onGroup, onTransactionalId } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import { fencedError } from '../fenced-error.ts';
import { GROUP_TOPIC } from '../topic-names.ts';

/** Knows PRODUCER_FENCED from here on. */
const FENCED_VERSION = 2;

export const addOffsetsToTxnApi = defineApi({
  name: 'AddOffsetsToTxn',
  versions: [0, 4],
  failed: ({ errorCode }) => ({ errorCode }),
  controller: null,
  broker: {
    authorization: {
      request: onTransactionalId(AclOperation.WRITE),
      of: ({ transactionalId }) => transactionalId,
      items: { read: onGroup(AclOperation.READ) },
    },
    handle({ groups, transactions }, request, may) {
      const { transactionalId, groupId, producerId, producerEpoch } = request.body;
      if (!may.read(groupId)) {
        request.respond({ errorCode: ErrorCode.GROUP_AUTHORIZATION_FAILED });
        return;
      }
      const partition = groups.partitionFor(groupId);
      const partitions = new Map([[topicPartitionKey(GROUP_TOPIC, partition), { topic: GROUP_TOPIC, partition }]]);
      const added = { producerId, producerEpoch, partitions, transactionVersion: 0 };
      transactions.addPartitions('AddOffsetsToTxn', transactionalId, added, (error) =>
        request.respond({ errorCode: fencedError(error, request.version >= FENCED_VERSION) }),
      );
    },
  },
});
