/**
 * The entries of an image, arranged so that those which apply to a resource are found without looking at the others. On the way
 * of every produce and fetch: a look-up for the name, one for the wildcard, and one for each length that a prefix has.
 */
import { type Acl, type Acls, PatternType, WILDCARD } from './acl.ts';

interface OfType {
  readonly literal: Map<string, Acl[]>;
  readonly prefixed: Map<string, Acl[]>;
  /** Lengths of the prefixes. */
  readonly lengths: Set<number>;
  readonly all: Acl[];
}

const NONE: readonly Acl[] = [];

export class AclIndex {
  readonly #types = new Map<number, OfType>();

  constructor(acls: Acls) {
    for (const acl of acls.values()) {
      let type = this.#types.get(acl.resourceType);
      if (type === undefined) {
        type = { literal: new Map(), prefixed: new Map(), lengths: new Set(), all: [] };
        this.#types.set(acl.resourceType, type);
      }
      const isPrefix = acl.patternType === PatternType.PREFIXED;
      if (isPrefix) type.lengths.add(acl.resourceName.length);
      const byName = isPrefix ? type.prefixed : type.literal;
      const same = byName.get(acl.resourceName);
      if (same === undefined) byName.set(acl.resourceName, [acl]);
      else same.push(acl);
      type.all.push(acl);
    }
  }

  /** Calls `visit` with lists of the entries that apply to a resource, until it returns true. */
  someOf(resourceType: number, name: string, visit: (acls: readonly Acl[]) => boolean): boolean {
    const type = this.#types.get(resourceType);
    if (type === undefined) return false;
    const exact = type.literal.get(name);
    if (exact !== undefined && visit(exact)) return true;
    const wildcard = type.literal.get(WILDCARD);
    if (wildcard !== undefined && visit(wildcard)) return true;
    for (const length of type.lengths) {
      if (length > name.length) continue;
      const found = type.prefixed.get(name.slice(0, length));
      if (found !== undefined && visit(found)) return true;
    }
    return false;
  }

  ofType(resourceType: number): readonly Acl[] {
    return this.#types.get(resourceType)?.all ?? NONE;
  }
}
