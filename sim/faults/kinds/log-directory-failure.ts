/** A log directory that fails. Kafka takes it back at a restart alone. */
import { fault, onEach } from '../definition.ts';

export const logDirectoryFailure = fault({
  kind: 'log-directory-failure',
  about: "one of a broker's log directories answers every operation with EIO until the fault ends and the broker is restarted",
  targets: ['broker', 'leader', 'in-sync-follower'],
  minMs: 5_000,
  maxMs: 25_000,
  params: { index: { about: 'which directory', min: 0, max: 3, default: 0 } },
  stake: 'session',
  facts: ['crashed', 'started'],
  inject: ({ world, targets, params }) =>
    onEach(targets, (node) => {
      const directories = world.node(node)?.logDirs ?? [];
      const directory = directories[params.index % Math.max(1, directories.length)];
      if (directory === undefined) return null;
      const mend = world.disk(node).failDirectory(directory);
      return () => {
        mend();
        if (world.admits('process', [node])) world.crash(node)?.();
        world.start(node);
      };
    }),
});
