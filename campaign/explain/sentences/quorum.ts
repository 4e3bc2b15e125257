/** What the quorum and the active controller did, as sentences. */
import type { What } from './what.ts';

/** Null: it is none of theirs. `nameOf` tells a node's name by its Kafka id. */
export function quorumSentence(node: string, what: What, nameOf: (id: number) => string): string | null {
  switch (what.type) {
    case 'quorum-transition':
      return `${node} ${became(what, nameOf)}`;
    case 'quorum-voted':
      return `${node} votes for ${nameOf(what.candidate)} in quorum epoch ${what.epoch}; the candidate's log ends at ${what.candidateEndOffset} (epoch ${what.candidateLastEpoch}), its own at ${what.endOffset} (epoch ${what.lastEpoch})`;
    case 'quorum-pre-vote-answered':
      return `${node} tells ${nameOf(what.candidate)} that it would ${what.granted ? '' : 'not '}vote for it (pre-vote, quorum epoch ${what.epoch})`;
    case 'quorum-leader-elected':
      return `${node} is elected leader of the quorum in epoch ${what.epoch}, by a majority of ${what.voters.map(nameOf).join(', ')}`;
    case 'quorum-leader-resigned':
      return `${node} resigns as leader of the quorum in epoch ${what.epoch}: ${what.reason}`;
    case 'quorum-high-watermark-advanced':
      return `${node} (${what.role}) moves the high watermark of the metadata log from ${what.from} to ${what.to}`;
    case 'quorum-state-persisted':
      return `${node} has on its disk: quorum epoch ${what.epoch}, ${what.votedId < 0 ? 'no vote' : `its vote for ${nameOf(what.votedId)}`}, ${what.leaderId < 0 ? 'no leader' : `leader ${nameOf(what.leaderId)}`}`;
    case 'quorum-truncation-refused':
      return `${node} ends: ${nameOf(what.leaderId)}, leader in quorum epoch ${what.epoch}, has the metadata log up to ${what.to} only, and ${node} knows it to be committed up to ${what.highWatermark}`;
    case 'snapshot-created':
      return `${node} makes a snapshot of the metadata below ${what.endOffset}`;
    case 'snapshot-loaded':
      return `${node} loads a ${what.source} snapshot of the metadata below ${what.endOffset}`;
    case 'controller-activated':
      return `${node} becomes the active controller, in quorum epoch ${what.epoch}`;
    case 'controller-renounced':
      return `${node} is the active controller no more, in quorum epoch ${what.epoch}: ${what.reason}`;
    default:
      return null;
  }
}

function became(
  { from, to, epoch, leaderId }: Extract<What, { readonly type: 'quorum-transition' }>,
  nameOf: (id: number) => string,
): string {
  const leader = leaderId < 0 ? 'nobody' : nameOf(leaderId);
  switch (to) {
    case 'unattached':
      return `is in quorum epoch ${epoch} and knows no leader of it`;
    case 'voted':
      return `has given its vote in quorum epoch ${epoch}`;
    case 'prospective':
      return `asks the voters whether they would elect it, in quorum epoch ${epoch}${from === 'follower' ? ': it has not heard of its leader for too long' : ''}`;
    case 'candidate':
      return `stands for leader of the quorum in epoch ${epoch}, and has its own vote`;
    case 'leader':
      return `leads the quorum in epoch ${epoch}`;
    case 'follower':
    case 'observer':
      return `follows ${leader} in quorum epoch ${epoch}`;
    case 'resigned':
      return `leads the quorum no more in epoch ${epoch}`;
  }
}
