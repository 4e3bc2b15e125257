/** Rare states of the simulation worth reaching, with a line each. */
export const RUN_MARKS = {
  'a second process was registered under a node id whose session was over':
    'a wrongly configured broker took over the id of one that had died or was cut off',
} as const;

export type RunMark = keyof typeof RUN_MARKS;
