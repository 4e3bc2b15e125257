/** How the markers of transactions find the brokers that lead the partitions. */
import type { Timers } from '../../ports/time.ts';
import type { MetadataImage } from '../metadata/image.ts';
import { topicByName } from '../metadata/image.ts';
import type { RpcClient } from '../rpc/rpc-client.ts';
import type { MarkerPorts } from '../transaction/marker-channel.ts';
import { endpointOf } from './metadata-view.ts';

export function markerPorts(
  timers: Timers,
  rpc: RpcClient,
  image: () => MetadataImage,
  interBrokerListener: string,
): MarkerPorts {
  return {
    leaderOf: ({ topic, partition }) => {
      const registration = topicByName(image(), topic)?.partitions.get(partition);
      if (registration === undefined) return 'gone';
      return endpointOf(image(), registration.leader, interBrokerListener) === null ? 'unavailable' : registration.leader;
    },
    send: (brokerId, request, done) => {
      const node = endpointOf(image(), brokerId, interBrokerListener);
      // It was registered when the markers came to wait for it.
      if (node === null) timers.after(0, () => done({ ok: false, reason: 'disconnected', sent: false }));
      else rpc.send({ id: String(brokerId), host: node.host, port: node.port }, 'WriteTxnMarkers', request, {}, done);
    },
  };
}
