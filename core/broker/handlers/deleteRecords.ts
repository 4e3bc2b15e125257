/** DeleteRecords: moves log starts up; answered when every live replica has followed (KIP-107). */
import type { Handler } from '../BrokerContext.ts';

export const handleDeleteRecords: Handler<'DeleteRecords'> = (broker, request) => {
  const { topics, timeoutMs } = request.body;
  const entries = topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, offset }) => ({ topic: name, partition: partitionIndex, offset })),
  );
  broker.replicas.deleteRecords(entries, timeoutMs, (results) => {
    request.respond({
      topics: topics.map(({ name }) => ({
        name,
        partitions: results
          .filter(({ topic }) => topic === name)
          .map(({ partition, lowWatermark, error }) => ({ partitionIndex: partition, lowWatermark, errorCode: error })),
      })),
    });
  });
};
