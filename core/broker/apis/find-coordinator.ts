/** FindCoordinator: the leader of the partition that holds a group or a transactional id; its topic is created when it is absent. */
import { topicByName } from '../../metadata/image.ts';
import { ErrorCode } from '../../protocol/errors.ts';
import type { FindCoordinatorResponseCoordinator } from '../../protocol/messages/index.ts';
import type { Draft } from '../../protocol/schema.ts';
import { AclOperation, AclResourceType } from '../../security/acl.ts';
import { type Allowed, onGroup, onTransactionalId, refusal } from '../../security/permissions.ts';
import { defineApi } from '../api.ts';
import type { BrokerContext } from '../broker-context.ts';
import { endpointOf } from '../metadata-view.ts';
import { GROUP_TOPIC, TRANSACTION_TOPIC } from '../topic-names.ts';

const GROUP_KEY = 0;
const TRANSACTION_KEY = 1;
/** Takes several keys from here on. */
const BATCHED_VERSION = 4;

const PERMISSIONS = {
  describeGroup: onGroup(AclOperation.DESCRIBE),
  describeTransaction: onTransactionalId(AclOperation.DESCRIBE),
};

export const findCoordinatorApi = defineApi({
  name: 'FindCoordinator',
  versions: [0, 6],
  failed: ({ body, version, errorCode, errorMessage }) => {
    const nowhere = { nodeId: -1, host: '', port: -1, errorCode, errorMessage };
    return version < BATCHED_VERSION ? nowhere : { coordinators: body.coordinatorKeys.map((key) => ({ key, ...nowhere })) };
  },
  controller: null,
  broker: {
    authorization: { items: PERMISSIONS },
    handle(broker, request, may) {
      const { body, version, listener } = request;
      if (version >= BATCHED_VERSION) {
        request.respond({ coordinators: body.coordinatorKeys.map((key) => find(broker, may, body.keyType, key, listener)) });
        return;
      }
      const found = find(broker, may, body.keyType, body.key, listener);
      const { errorCode, nodeId, host, port } = found;
      // Kafka names the absence of an error up to version 3, and leaves the text empty since.
      const errorMessage = errorCode === ErrorCode.NONE ? 'NONE' : found.errorMessage;
      request.respond({ errorCode, errorMessage, nodeId, host, port } as Draft<FindCoordinatorResponseCoordinator>);
    },
  },
});

function failure(key: string, errorCode: number, errorMessage: string): Draft<FindCoordinatorResponseCoordinator> {
  return { key, nodeId: -1, host: '', port: -1, errorCode, errorMessage };
}

function find(
  broker: BrokerContext,
  may: Allowed<typeof PERMISSIONS>,
  keyType: number,
  key: string,
  listener: string,
): Draft<FindCoordinatorResponseCoordinator> {
  const isTransaction = keyType === TRANSACTION_KEY;
  if (!isTransaction && keyType !== GROUP_KEY) {
    return failure(key, ErrorCode.INVALID_REQUEST, `there is no coordinator for key type ${keyType}`);
  }
  if (isTransaction ? !may.describeTransaction(key) : !may.describeGroup(key)) {
    const { errorCode, errorMessage } = refusal(isTransaction ? AclResourceType.TRANSACTIONAL_ID : AclResourceType.GROUP);
    return failure(key, errorCode, errorMessage);
  }
  const image = broker.image();
  const name = isTransaction ? TRANSACTION_TOPIC : GROUP_TOPIC;
  const topic = topicByName(image, name);
  if (topic === undefined) {
    broker.autoTopics.create([name], null);
    return failure(key, ErrorCode.COORDINATOR_NOT_AVAILABLE, 'the topic of the coordinators is being created');
  }
  const coordinator = isTransaction ? broker.transactions : broker.groups;
  const leader = topic.partitions.get(coordinator.partitionFor(key))?.leader ?? -1;
  const node = endpointOf(image, leader, listener);
  if (node === null) return failure(key, ErrorCode.COORDINATOR_NOT_AVAILABLE, 'the coordinator has no leader at present');
  return { key, nodeId: node.nodeId, host: node.host, port: node.port, errorCode: ErrorCode.NONE, errorMessage: '' };
}
