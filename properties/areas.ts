/** Properties by what they are about. The letters of an id say it, so that a new property finds its place by its id. */

export interface Area {
  readonly name: string;
  readonly about: string;
}

const AREAS: readonly (Area & { readonly letters: readonly string[] })[] = [
  { name: 'records', about: 'what applications sent, read and committed', letters: ['J', 'N', 'I', 'Q'] },
  { name: 'transactions', about: 'what is committed or aborted as a whole, and whom it fences', letters: ['T'] },
  { name: 'groups', about: 'consumer groups and their committed offsets', letters: ['GR'] },
  { name: 'replication', about: 'partition leaders, followers, in-sync sets and high watermarks', letters: ['R'] },
  { name: 'quorum', about: 'the metadata quorum and the controller', letters: ['K', 'C'] },
  { name: 'storage', about: 'logs and checkpoints on disk, over crashes and power loss', letters: ['S'] },
  { name: 'liveness', about: 'what comes to an end once the faults are over', letters: ['L'] },
  { name: 'runs', about: 'the run itself: nodes without impossible states, applications without errors', letters: ['X', 'A'] },
];

/** Where properties of a scenario's own belong. */
const OWN: Area = { name: 'own', about: 'the scenario’s own properties' };

/** All areas, in the order in which reports show them. */
export const AREA_LIST: readonly Area[] = [...AREAS, OWN];

/** The area of a property of Trial, by its id; any other belongs to the scenario's own. */
export function areaOf(id: string, isOurs: boolean): Area {
  const letters = /^[A-Z]+/.exec(id)?.[0] ?? '';
  return (isOurs ? AREAS.find((area) => area.letters.includes(letters)) : undefined) ?? OWN;
}
