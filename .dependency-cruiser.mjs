// The floors of the house (docs/architecture.md): imports point down only. Each list is from the ground up, and names folders that there
// are: tools/check-imports.test.ts fails for one that is not there, and for one of core/ that has no floor.
export const FLOORS = ['ports', 'world', 'core', 'sim', 'properties', 'scenarios', 'apps', 'campaign', 'reports', 'cli'];
export const CORE_FLOORS = [
  ['protocol'],
  ['config'],
  ['security'],
  ['rpc', 'log'],
  ['raft'],
  ['metadata'],
  ['replication'],
  ['coordinator'],
  ['controller', 'group', 'transaction'],
  ['broker'],
];

const upward = (floors, folder) =>
  floors.slice(0, -1).map((floor, index) => {
    const above = floors.slice(index + 1).flat();
    const here = [floor].flat();
    return {
      name: `${folder}${here.join('-')}-imports-down-only`,
      severity: 'error',
      from: { path: `^${folder}(${here.join('|')})/`, pathNot: '\\.test\\.ts$|/testing/' },
      to: { path: `^${folder}(${above.join('|')})/` },
    };
  });

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'of values; types may refer to each other',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...upward(FLOORS, ''),
    ...upward(CORE_FLOORS, 'core/'),
    {
      name: 'client-stands-alone',
      comment: 'client/ uses the wire, and nothing of the servers; the servers use nothing of client/',
      severity: 'error',
      from: { path: '^core/client/' },
      to: { path: '^core/(log|metadata|raft|replication|coordinator|controller|group|transaction|broker)/' },
    },
    {
      name: 'servers-without-client',
      severity: 'error',
      from: {
        path: '^core/(protocol|config|security|rpc|log|metadata|raft|replication|coordinator|controller|group|transaction|broker)/',
        pathNot: '\\.test\\.ts$',
      },
      to: { path: '^core/client/' },
    },
    {
      name: 'world-stands-on-ports-alone',
      comment: 'it knows nothing of Kafka; what the tests of a floor have of the floors above is their own affair',
      severity: 'error',
      from: { path: '^world/', pathNot: '\\.test\\.ts$' },
      to: { path: '^(?!ports/|world/)[^/]+/', pathNot: 'node_modules' },
    },
    {
      name: 'world-entry-without-kafka',
      comment: 'who puts another subject into the world loads nothing of Kafka',
      severity: 'error',
      from: { path: '^world\\.ts$' },
      to: { path: '^(core|sim|properties|scenarios|reports|cli|server|console)/', reachable: true },
    },
    {
      name: 'core-knows-no-world',
      comment: 'only the ports; its tests may use the simulated world',
      severity: 'error',
      from: { path: '^core/', pathNot: '\\.test\\.ts$|/testing/' },
      to: { path: '^world/' },
    },
    {
      name: 'server-knows-core-only',
      severity: 'error',
      from: { path: '^server/' },
      to: { path: '^(world|sim|apps|properties|scenarios|campaign|reports|cli|console|conformance)/' },
    },
    {
      name: 'console-knows-core-and-server-only',
      severity: 'error',
      from: { path: '^console/' },
      to: { path: '^(world|sim|apps|properties|scenarios|campaign|reports|cli|conformance)/' },
    },
    {
      name: 'worlds-are-apart',
      severity: 'error',
      from: { path: '^(ports|world|core|sim|apps|properties|scenarios|campaign)/' },
      to: { path: '^(server|console)/' },
    },
    {
      name: 'page-runs-in-a-browser',
      comment: 'reports/page/ is bundled for a browser: nothing of Node, and of the floors beside and above nothing either',
      severity: 'error',
      from: { path: '^reports/page/', pathNot: '\\.test\\.ts$|/testing/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'page-without-node-floors',
      severity: 'error',
      from: { path: '^reports/page/', pathNot: '\\.test\\.ts$|/testing/' },
      to: { path: '^(reports/(?!page/)|apps|cli|server|console|conformance)' },
    },
    {
      name: 'page-view-is-light',
      comment: 'the view draws what the worker tells: of the simulator it has types alone',
      severity: 'error',
      from: { path: '^reports/page/view/' },
      to: {
        path: '^(ports|world|core|sim|properties|scenarios|campaign)/|^reports/page/worker/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'portable-floors-without-node',
      comment: 'docs/architecture.md, "Rules that keep a run reproducible"',
      severity: 'error',
      from: { path: '^(ports|world|core|sim|properties|scenarios)/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: '^(dist|coverage)',
  },
};
