import test from 'ava';
import { METADATA_VERSION, metadataVersionName } from '../metadata/metadata-version.ts';
import { RELEASE_APIS } from '../rpc/api-versions.ts';
import { highestLevel, OLDER_RELEASES } from './releases.ts';

test('an older release speaks no later version of anything, and the older of two no later one than the other', (t) => {
  const { '3.9': oldest, '4.0': older } = OLDER_RELEASES;
  const pairs = [
    [older.apis, RELEASE_APIS],
    [oldest.apis, older.apis],
  ] as const;
  for (const [earlier, later] of pairs) {
    t.notDeepEqual(earlier, later);
    for (const [api, [, highest]] of earlier) t.true(highest <= (later.get(api)?.[1] ?? -1), api);
  }
  t.deepEqual(
    [oldest.apis.get('Vote'), older.apis.get('Vote')],
    [
      [0, 1],
      [0, 2],
    ],
  );
  for (const { apis } of [oldest, older]) {
    t.deepEqual(
      [apis.get('Fetch'), apis.get('DeleteGroups'), apis.get('WriteTxnMarkers')],
      [
        [4, 17],
        [0, 2],
        [1, 1],
      ],
    );
    for (const api of ['UnregisterController', 'ShareFetch', 'StreamsGroupHeartbeat'] as const) t.false(apis.has(api), api);
  }
});

test('nodes of a release know metadata.version up to the level that is called after it, and eligible leader replicas from 4.0 on', (t) => {
  for (const release of ['3.9', '4.0'] as const)
    t.regex(metadataVersionName(highestLevel(release, METADATA_VERSION)), new RegExp(`^${release}-IV`));
  t.is(highestLevel('3.9', 'eligible.leader.replicas.version'), 0);
  t.is(highestLevel('4.0', 'eligible.leader.replicas.version'), 1);
  t.false(OLDER_RELEASES['3.9'].features.some(({ name }) => name === 'eligible.leader.replicas.version'));
});
