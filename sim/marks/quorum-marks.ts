/** Rare states of the KRaft quorum: elections that go wrong, leaders that nobody follows, logs that part. */
import { diesAfter, follows, type Mark, repeated, type Watch, when } from './mark.ts';

const METADATA_LOG = '__cluster_metadata-0';

/** A leader was followed by another before anything of its epoch was committed. */
const nothingCommitted: Watch = (run, _, reached) => {
  let leading: { readonly epoch: number; hasCommitted: boolean } | null = null;
  run.on('quorum-leader-elected', ({ epoch }) => {
    if (leading !== null && !leading.hasCommitted) reached();
    leading = { epoch, hasCommitted: false };
  });
  run.on('quorum-high-watermark-advanced', ({ role, epoch, to, epochStartOffset }) => {
    if (leading !== null && role === 'leader' && epoch === leading.epoch && to > epochStartOffset) leading.hasCommitted = true;
  });
};

/** The epoch of a new leader begins where, or before, that of the last one began. */
const leaderChangeLost: Watch = (run, _, reached) => {
  let lastStart = -1;
  run.on('quorum-leader-elected', ({ epochStartOffset }) => {
    if (epochStartOffset <= lastStart) reached();
    lastStart = epochStartOffset;
  });
};

/** Epochs were opened and won by nobody. */
const epochsWithoutLeader: Watch = (run, _, reached) => {
  let last = -1;
  run.on('quorum-leader-elected', ({ epoch }) => {
    if (last !== -1 && epoch > last + 2) reached();
    last = epoch;
  });
};

/** One node leads the quorum twice in a row. */
const sameLeaderAgain: Watch = (run, _, reached) => {
  let last = '';
  run.on('quorum-leader-elected', (_event, { node }) => {
    if (node === last) reached();
    last = node;
  });
};

export const QUORUM_MARKS = {
  'quorum/candidate-gave-way': {
    why: 'a candidate met a leader or a higher epoch while it counted votes: the other must have been quicker by less than a round trip',
    watch: when('quorum-transition', ({ from, to }) => from === 'candidate' && (to === 'follower' || to === 'unattached')),
  },
  'quorum/candidate-without-votes': {
    why: 'nobody elected a candidate that had been granted its pre-votes: the voters must change their minds between the two',
    watch: when('quorum-transition', ({ from, to }) => from === 'candidate' && to === 'prospective'),
  },
  'quorum/voted-and-stood': {
    why: 'a node that had given its vote stood for election itself: its candidate must not win within an election timeout',
    watch: when('quorum-transition', ({ from, to }) => from === 'voted' && (to === 'prospective' || to === 'candidate')),
  },
  'quorum/voted-in-vain': {
    why: 'a node that had given its vote met a higher epoch: its candidate must lose, and another one stand',
    watch: when('quorum-transition', ({ from, to }) => from === 'voted' && to === 'unattached'),
  },
  'quorum/prospective-voted': {
    why: 'a node that asked for pre-votes gave its vote to another: two must stand at nearly the same time',
    watch: when('quorum-transition', ({ from, to }) => from === 'prospective' && to === 'voted'),
  },
  'quorum/prospective-found-a-leader': {
    why: 'a node that asked for pre-votes was told of a leader: it alone must have lost sight of it',
    watch: when('quorum-transition', ({ from, to }) => from === 'prospective' && to === 'follower'),
  },
  'quorum/follower-changed-leader': {
    why: 'a follower went on to the next leader without an election of its own: it must hear of the new epoch from its winner',
    watch: when('quorum-transition', ({ from, to }) => from === 'follower' && to === 'follower'),
  },
  'quorum/leader-found-itself-deposed': {
    why: 'a leader followed another at once: it must be cut off while it is replaced, and hear of it before it resigns',
    watch: when('quorum-transition', ({ from, to }) => from === 'leader' && (to === 'follower' || to === 'unattached')),
  },
  'quorum/resigned-leader-followed': {
    why: 'a leader that had resigned followed the next one: that must be elected while the old one still waits',
    watch: when('quorum-transition', ({ from, to }) => from === 'resigned' && to === 'follower'),
  },
  'quorum/leader-resigned-without-majority': {
    why: 'a leader that no majority fetched from resigned (KIP-595): it must be cut off for longer than the fetch timeout',
    watch: when('quorum-leader-resigned', ({ reason }) => reason === 'check-quorum'),
  },
  'quorum/leader-resigned-at-shutdown': {
    why: 'the leader of the quorum was shut down in order: of all nodes just this one must be stopped',
    watch: when('quorum-leader-resigned', ({ reason }) => reason === 'shutdown'),
  },
  'quorum/pre-vote-refused': {
    why: 'a voter refused a pre-vote (KIP-996): it must have a leader, or a longer log, when another has neither',
    watch: when('quorum-pre-vote-answered', ({ granted }) => !granted),
  },
  'quorum/vote-for-a-later-epoch': {
    why: "a voter elected a candidate whose log ends in a later epoch than its own: it must have missed a whole leader's time",
    watch: when('quorum-voted', ({ candidateLastEpoch, lastEpoch }) => candidateLastEpoch > lastEpoch),
  },
  'quorum/vote-for-a-longer-log': {
    why: 'a voter elected a candidate whose log is longer in the same epoch: records must be on their way when the leader falls',
    watch: when('quorum-voted', (vote) => vote.candidateLastEpoch === vote.lastEpoch && vote.candidateEndOffset > vote.endOffset),
  },
  'quorum/two-leaders': {
    why: 'a leader was elected while another still believed to lead: the old one must be alive and hear of nothing',
    watch: when('quorum-leader-elected', (_event, { node }, now) => now.otherQuorumLeaders(node) > 0),
  },
  'quorum/two-elections-in-two-seconds': {
    why: 'the quorum had two leaders in two seconds: the first must fall right after its election',
    watch: repeated({ type: 'quorum-leader-elected', key: () => '' }, 2, 2_000),
  },
  'quorum/same-leader-again': {
    why: 'a node was elected twice in a row: it must lose its majority, and get it back before another does',
    watch: sameLeaderAgain,
  },
  'quorum/leader-committed-nothing': {
    why: 'a leader was replaced before anything of its epoch was committed: it must fall within its first round trip',
    watch: nothingCommitted,
  },
  'quorum/leader-change-lost': {
    why: "the record by which a leader opened its epoch was in nobody's log when the next was elected: it must reach no follower",
    watch: leaderChangeLost,
  },
  'quorum/epochs-without-leader': {
    why: 'several epochs in a row had no leader: votes must be split, or candidates die, more than once',
    watch: epochsWithoutLeader,
  },
  'quorum/tenth-epoch': {
    why: 'a leader was elected in epoch 10 or later: a run must lose its leader again and again',
    watch: when('quorum-leader-elected', ({ epoch }) => epoch >= 10),
  },
  'quorum/metadata-log-cut': {
    why: "the metadata log of a node parted from the leader's and was cut: it must hold records of a leader that no majority followed",
    watch: when('log-truncated', ({ partition, reason }) => partition === METADATA_LOG && reason === 'diverging-epoch'),
  },
  'quorum/log-given-up-for-a-snapshot': {
    why: "a node dropped its metadata log for the leader's snapshot: it must be behind what the leader still has",
    watch: when('log-truncated', ({ partition, reason }) => partition === METADATA_LOG && reason === 'snapshot'),
  },
  'quorum/snapshot-fetched': {
    why: 'a node fetched a snapshot: the leader must have deleted what the node needs next',
    watch: when('snapshot-loaded', ({ source }) => source === 'fetched'),
  },
  'quorum/voter-died-after-its-vote': {
    why: 'a voter ended within 50 ms of giving its vote: what it promised must be found on its disk',
    isSeldom: true,
    watch: diesAfter('quorum-voted', () => true, 50),
  },
  'quorum/leader-died-after-its-election': {
    why: 'a leader ended within 100 ms of its election: before most heard of it',
    watch: diesAfter('quorum-leader-elected', () => true, 100),
  },
  'quorum/cut-and-elected': {
    why: 'a node led the quorum within two seconds of a cut of its own log: it must be brought up to date, and then outlive the leader',
    isSeldom: true,
    watch: follows(
      { type: 'log-truncated', if: ({ partition }) => partition === METADATA_LOG },
      { type: 'quorum-leader-elected' },
      2_000,
    ),
  },
} as const satisfies Readonly<Record<string, Mark>>;
