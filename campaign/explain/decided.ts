/**
 * When the outcome of a run was decided: the first of some moments after which a failure follows nearly always, whatever chance does from
 * then on. Found by bisection: what follows from a moment follows from later ones.
 */

/** How many of so many continuations came to the failure. */
export interface Share {
  readonly failed: number;
  readonly of: number;
}

export interface Decided<Moment> {
  readonly moment: Moment;
  readonly after: Share;
  /** The moment before it, after which it could still go otherwise; null: it followed from the first one already. */
  readonly before: { readonly moment: Moment; readonly after: Share } | null;
}

/** Nearly always: at least nine of ten. */
export function isNearlyAlways({ failed, of }: Share): boolean {
  return failed >= Math.ceil(of * 0.9);
}

/** Null if it does not follow nearly always from any of the moments, which are in the order of time. */
export async function decidedAt<Moment>(
  moments: readonly Moment[],
  tryFrom: (moment: Moment) => Promise<Share>,
): Promise<Decided<Moment> | null> {
  const shares = new Map<number, Share>();
  const isDecided = async (index: number): Promise<boolean> => {
    const share = await tryFrom(moments[index] as Moment);
    shares.set(index, share);
    return isNearlyAlways(share);
  };
  if (moments.length === 0 || !(await isDecided(moments.length - 1))) return null;
  let open = -1;
  let decided = moments.length - 1;
  while (decided - open > 1) {
    const middle = Math.floor((open + decided) / 2);
    if (await isDecided(middle)) decided = middle;
    else open = middle;
  }
  const at = (index: number) => ({ moment: moments[index] as Moment, after: shares.get(index) as Share });
  return { ...at(decided), before: open < 0 ? null : at(open) };
}
