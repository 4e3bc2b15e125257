/** Numbers that the compiler keeps apart. */

declare const BRAND: unique symbol;

/**
 * A number of one kind: wherever a number will do, and nowhere that a number of another kind, or of none, is asked for. Each kind has a
 * function of its own name that makes one, `Offset(5)`, where a number comes in: read from bytes, or computed. Nothing is left of it
 * at run time. A number of several kinds is of each of them.
 */
export type Branded<Kind extends string> = number & { readonly [BRAND]: { readonly [K in Kind]: true } };

/**
 * The same, but that a number of no kind will do for it: for what is written down and computed with so much that a function at every
 * place would hide what is done. A number of another kind will not.
 */
export type Open<Kind extends string> = number & { readonly [BRAND]?: { readonly [K in Kind]: true } };

/** The lesser of two of one kind. */
export function lesser<N extends number>(a: N, b: N): N {
  return Math.min(a, b) as N;
}

/** The greater of two of one kind. */
export function greater<N extends number>(a: N, b: N): N {
  return Math.max(a, b) as N;
}
