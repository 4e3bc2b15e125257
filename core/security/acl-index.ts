/**
 * The entries of an image, arranged so that those which concern a principal and a resource are found without looking at the
 * others. On the way of every produce and fetch: a look-up for the name, one for the wildcard, and one for each length that a
 * prefix has; in each pattern that applies, one for the principal and one for everyone.
 */
import { type Acl, type Acls, PatternType, WILDCARD, WILDCARD_PRINCIPAL } from './acl.ts';

/** The entries of one pattern, by principal. */
type OfPattern = Map<string, Acl[]>;

interface OfType {
  readonly literal: Map<string, OfPattern>;
  readonly prefixed: Map<string, OfPattern>;
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
      let pattern = byName.get(acl.resourceName);
      if (pattern === undefined) byName.set(acl.resourceName, (pattern = new Map()));
      const same = pattern.get(acl.principal);
      if (same === undefined) pattern.set(acl.principal, [acl]);
      else same.push(acl);
      type.all.push(acl);
    }
  }

  /**
   * Calls `visit` with lists of the entries that apply to a resource and a principal, until it returns true; an empty list tells
   * that there are entries for others.
   */
  someOf(resourceType: number, name: string, principal: string, visit: (acls: readonly Acl[]) => boolean): boolean {
    const type = this.#types.get(resourceType);
    if (type === undefined) return false;
    const visitPattern = (pattern: OfPattern | undefined): boolean =>
      pattern !== undefined &&
      (visit(pattern.get(principal) ?? NONE) ||
        (principal !== WILDCARD_PRINCIPAL && visit(pattern.get(WILDCARD_PRINCIPAL) ?? NONE)));
    if (visitPattern(type.literal.get(name)) || visitPattern(type.literal.get(WILDCARD))) return true;
    for (const length of type.lengths) {
      if (length <= name.length && visitPattern(type.prefixed.get(name.slice(0, length)))) return true;
    }
    return false;
  }

  ofType(resourceType: number): readonly Acl[] {
    return this.#types.get(resourceType)?.all ?? NONE;
  }
}
