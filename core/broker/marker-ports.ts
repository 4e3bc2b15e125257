/** How the markers of transactions find the brokers that lead the partitions. */
import type { MetadataImage } from '../metadata/image.ts';
import { topicByName } from '../metadata/image.ts';
import type { RpcClient } from '../rpc/rpc-client.ts';
import type { MarkerPorts } from '../transaction/marker-channel.ts';
import { endpointOf } from './metadata-view.ts';

export function markerPorts(rpc: RpcClient, image: () => MetadataImage, interBrokerListener: string): MarkerPorts {
  return {
    leaderOf: ({ topic, partition }) => {
      const registration = topicByName(image(), topic)?.partitions.get(partition);
      if (registration === undefined) return 'gone';
      return endpointOf(image(), registration.leader, interBrokerListener) === null ? 'unavailable' : registration.leader;
    },
    send: (brokerId, request, done) => {
      const node = endpointOf(image(), brokerId, interBrokerListener);
      // It was registered when the request was made; one that is gone since is as one that cannot be reached.
      const { host, port } = node ?? { host: '', port: 0 };
      rpc.send({ id: String(brokerId), host, port }, 'WriteTxnMarkers', request, {}, done);
    },
  };
}
