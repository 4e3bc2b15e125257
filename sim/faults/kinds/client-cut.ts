/** An application cut off. */
import { cutFault, masked } from '../cuts.ts';

export const clientCut = cutFault({
  kind: 'client-cut',
  about: 'an application does not reach the cluster, or only some of it',
  targets: ['client'],
  minMs: 1_000,
  maxMs: 25_000,
  params: { mask: { about: 'which nodes it does not reach, as bits', min: 1, max: 255, default: 255 } },
  cuts: ({ world, targets, params }) => [{ from: targets, to: masked(world.nodes, params.mask) }],
});
